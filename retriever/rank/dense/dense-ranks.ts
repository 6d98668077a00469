/**
 * Passages for a question in another script, where shared words say nothing: the embedder compares the
 * beginnings of some hundred passages with the question. Of many passages an even sample comes first,
 * then the neighbours of the best, since a page keeps to its subjects.
 */
import type { Embedder } from '../../../src/core/seams.ts';
import { dot } from '../../../src/runtime/e5/dot.ts';
import type { Fields } from '../words/bm25f.ts';

/** Texts that are embedded at most: some second and a half of two cores. */
const MOST_EMBEDDED = 96;
/** Of a passage, in code units: some 60 tokens. */
const LONGEST = { Han: 110, other: 260 };

const SCRIPTS = {
  Han: /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/gu,
  Hangul: /\p{Script=Hangul}/gu,
  Latin: /\p{Script=Latin}/gu,
  Cyrillic: /\p{Script=Cyrillic}/gu,
  Arabic: /\p{Script=Arabic}/gu,
} as const;

/** The script of most letters; a Han character weighs as much as a few letters. */
export function mainScript(text: string): keyof typeof SCRIPTS | null {
  let best: keyof typeof SCRIPTS | null = null;
  let most = 0;
  for (const script of Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[]) {
    const count = (text.match(SCRIPTS[script])?.length ?? 0) * (script === 'Han' ? 3 : 1);
    if (count > most) [best, most] = [script, count];
  }
  return best;
}

/** True where nearly all passages are written in another script than the question. */
export function isForeign(question: string, passages: readonly Fields[]): boolean {
  const own = mainScript(question);
  if (own === null || passages.length === 0) return false;
  const same = passages.filter(({ text }) => mainScript(text.slice(0, 120)) === own).length;
  return same < 0.1 * passages.length;
}

/**
 * Ranks (0 is best) of all passages by similarity; those that were not embedded come last.
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function denseRanks(
  question: string,
  passages: readonly Fields[],
  embedder: Embedder,
  options: { readonly signal: AbortSignal; readonly most?: number },
): Promise<number[]> {
  const most = options.most ?? MOST_EMBEDDED;
  const { signal } = options;
  const [asked] = await embedder.embed([question], { kind: 'query', signal });
  const similarity = new Map<number, number>();
  const embed = async (places: readonly number[]): Promise<void> => {
    const texts = places.map((at) => {
      const { title = '', text = '' } = passages[at] ?? {};
      const start = text.slice(0, mainScript(text) === 'Han' ? LONGEST.Han : LONGEST.other);
      return title === '' ? start : `${title}: ${start}`;
    });
    const vectors = await embedder.embed(texts, { kind: 'passage', signal });
    places.forEach((at, index) => {
      const vector = vectors[index];
      if (vector !== undefined && asked !== undefined) similarity.set(at, dot(asked, vector));
    });
  };
  const step = passages.length <= most ? 1 : Math.ceil((2 * passages.length) / most);
  await embed(passages.flatMap((_, at) => (at % step === 0 ? [at] : [])));
  if (step > 1) {
    const near: number[] = [];
    const best = [...similarity].sort((a, b) => b[1] - a[1]).map(([at]) => at);
    for (const at of best) {
      for (let offset = 1 - step; offset < step; offset += 1) {
        const place = at + offset;
        const isNew = place >= 0 && place < passages.length && !similarity.has(place);
        if (isNew && !near.includes(place)) near.push(place);
      }
      if (near.length >= most - similarity.size) break;
    }
    await embed(near.slice(0, most - similarity.size));
  }
  const order = passages
    .map((_, at) => at)
    .sort((a, b) => (similarity.get(b) ?? -1) - (similarity.get(a) ?? -1) || a - b);
  const ranks: number[] = [];
  order.forEach((at, rank) => (ranks[at] = rank));
  return ranks;
}
