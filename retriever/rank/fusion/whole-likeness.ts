/**
 * The order of passages for a question that asks for no name, date, place or figure: beside the cascade,
 * which looks for the one sentence, how like the question each whole passage is. On `rerank-dev` (graded
 * medical answers, 40 questions) pairs in order .82 by the cascade, .88 with this, .92 by likeness and words
 * alone, which lose the first place among paragraphs of one subject; the frozen web keeps its figures (39
 * questions of this kind, first / five: English .944 / 1, Chinese 1 / 1).
 */
import type { Embedder } from '../../../src/core/seams.ts';
import { dot } from '../../../src/runtime/e5/dot.ts';
import { standardised } from '../evidence/relative-features.ts';
import type { Fields } from '../words/bm25f.ts';
import type { JudgedPassages } from './rank-passages.ts';

/** Passages whose likeness is looked at: the best of the cascade. */
const LIKED = 24;
/** A passage that was not looked at, in deviations from those that were. */
const UNLIKE = -2;
const WEIGHTS = { likeness: 1, words: 0.5, cascade: 0.5 };

/**
 * One score a passage, in their order; the cascade's own where the question asks for one fact.
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function scoresWithLikeness(
  question: string,
  passages: readonly Fields[],
  judged: Pick<JudgedPassages, 'evidence' | 'scores'>,
  embedder: Embedder | null,
  options: { readonly signal: AbortSignal },
): Promise<number[]> {
  const cascade = judged.scores.map(({ score }) => score);
  const { kind } = judged.evidence.question;
  if (embedder === null || passages.length < 2 || (kind !== 'other' && kind !== 'reason')) {
    return cascade;
  }
  const places = cascade
    .map((_, at) => at)
    .toSorted((a, b) => (cascade[b] ?? 0) - (cascade[a] ?? 0))
    .slice(0, LIKED);
  const texts = places.map((at) => {
    const { title = '', text = '' } = passages[at] ?? {};
    return title === '' ? text : `${title}: ${text}`;
  });
  const { signal } = options;
  const [asked] = await embedder.embed([question], { kind: 'query', signal });
  const vectors = await embedder.embed(texts, { kind: 'passage', signal });
  const similar = vectors.map((vector) => (asked === undefined ? 0 : dot(asked, vector)));
  const likeness = cascade.map(() => UNLIKE);
  standardised(similar).forEach((value, place) => {
    const at = places[place];
    if (at !== undefined) likeness[at] = value;
  });
  const words = standardised(judged.scores.map(({ bm25 }) => bm25));
  const own = standardised(cascade);
  return cascade.map(
    (_, at) =>
      WEIGHTS.likeness * (likeness[at] ?? UNLIKE) +
      WEIGHTS.words * (words[at] ?? 0) +
      WEIGHTS.cascade * (own[at] ?? 0),
  );
}
