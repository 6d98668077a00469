/** `entailment`, with the words that make a claim false where a true twin of it shows them. */
import { join } from 'node:path';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { tokenize } from '../../../src/core/tokens.ts';
import type { TrainingPair } from './training-pair.ts';

interface Row {
  readonly id?: string;
  readonly source: string;
  readonly licence_use: 'train' | 'measure';
  readonly lang: string;
  readonly premise: string;
  readonly claim: string;
  readonly label: 'entailed' | 'not_entailed';
  readonly label3: 'entailed' | 'neutral' | 'contradicted' | null;
  readonly kind: string;
}

/** Every how-manieth row of the measuring sources is kept: they only watch the training. */
const MEASURED = 12;

export function* entailmentRows(data: string): Generator<TrainingPair> {
  for (const split of ['train', 'dev']) {
    const path = join(data, `entailment/${split}.jsonl.gz`);
    const twins = new Map<string, string[]>();
    const rows = [...readJsonLines<Row>(path)];
    for (const { premise, claim, label } of rows) {
      if (label === 'entailed') twins.set(premise, [...(twins.get(premise) ?? []), claim]);
    }
    let place = 0;
    for (const row of rows) {
      place += 1;
      const trained = split === 'train' && row.licence_use === 'train';
      if (!trained && (split === 'train' || place % MEASURED !== 0)) continue;
      const entailed = row.label === 'entailed';
      const trueTwins =
        row.source === 'breaking_nli' ? [row.premise] : (twins.get(row.premise) ?? []);
      yield {
        id: `${split}-${place}`,
        source: row.source.replace(/^summedits_.*/u, 'summedits'),
        part: row.kind,
        group: row.premise.slice(0, 120),
        use: trained ? 'train' : 'measure',
        claim: row.claim,
        references: [{ title: '', text: row.premise }],
        supported: entailed ? 1 : 0,
        main: entailed || row.kind === 'model-claim-partial' ? 1 : -1,
        contradicted: row.label3 === 'contradicted' ? 1 : row.label3 === null ? -1 : 0,
        wrong: entailed ? [] : changedWords(row.claim, trueTwins),
      };
    }
  }
}

/** Where the claim differs from the true claim that is most like it; null where none is alike enough. */
function changedWords(claim: string, twins: readonly string[]): [number, number][] | null {
  const own = tokenize(claim);
  let best: [number, number][] | null = null;
  let most = 0.7 * own.length;
  for (const twin of twins) {
    const theirs = tokenize(twin);
    if (own.length * theirs.length > 40_000) continue;
    const kept = commonTokens(
      own.map(({ text }) => text),
      theirs.map(({ text }) => text),
    );
    if (kept.size <= most || kept.size === own.length) continue;
    most = kept.size;
    best = own.flatMap(({ start, end }, index) => (kept.has(index) ? [] : [[start, end]]));
  }
  return best;
}

/** Places of `left` in a longest common subsequence with `right`. */
function commonTokens(left: readonly string[], right: readonly string[]): Set<number> {
  const width = right.length + 1;
  const table = new Uint16Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i -= 1)
    for (let j = right.length - 1; j >= 0; j -= 1)
      table[i * width + j] =
        left[i] === right[j]
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0);
  const places = new Set<number>();
  for (let i = 0, j = 0; i < left.length && j < right.length;) {
    if (left[i] === right[j]) {
      places.add(i);
      i += 1;
      j += 1;
    } else if ((table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0)) i += 1;
    else j += 1;
  }
  return places;
}
