/**
 * Fits how words and cross-encoder are put together, on what `collect-readings.ts` kept, and prints every figure
 * of the held-out pages; the fused ones are cross-validated by question (by page, the few English ones
 * would shift the level between folds).
 *
 *   npx tsx eval/lab/cross-encoder/fit-fusion.ts --readings readings.jsonl [--base dense]
 *     [--depth 8] [--write]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import {
  ANSWERABLE_FEATURES,
  answerableFusionRow,
  PASSAGE_FEATURES,
  passageFusionRows,
  SENTENCE_FEATURES,
  sentenceFusionRows,
  type FusedPassage,
  type FusedSentence,
} from '../../../retriever/rank/fusion/fuse-scores.ts';
import { fitLogistic, type Logistic } from '../evidence/fit-logistic.ts';
import type { CollectedReading } from './collected-reading.ts';

const { values } = parseArgs({
  options: {
    readings: { type: 'string', default: '' },
    /** What stands below the cross-encoder: `dense` or `lexical`. */
    base: { type: 'string', default: 'dense' },
    depth: { type: 'string', default: '8' },
    write: { type: 'boolean', default: false },
  },
});
const BASE = values.base === 'lexical' ? 'lexical' : 'dense';
const DEPTH = Number(values.depth);
const FOLDS = 5;

interface Prepared {
  readonly row: CollectedReading;
  readonly passages: readonly FusedPassage[];
  /** Places (in `passages`) of those that were read, and which of them are gold. */
  readonly read: readonly number[];
  readonly gold: ReadonlySet<number>;
  readonly sentences: readonly FusedSentence[];
}

function prepare(row: CollectedReading): Prepared {
  const collected = new Map(
    row.passages
      .filter(({ ranks }) =>
        row.kind === 'cross' ? ranks.similarity < 2 * DEPTH : ranks[BASE] < DEPTH,
      )
      .map((passage) => [passage.at, passage]),
  );
  const passages = row.bases[BASE].map((base, at): FusedPassage => {
    const one = collected.get(at);
    const pair =
      one === undefined
        ? null
        : {
            relevance: one.relevance,
            answerable: one.answerable,
            spanProbability: one.span,
            nullProbability: one.none,
          };
    return { base, pair };
  });
  return {
    row,
    passages,
    read: [...collected.keys()].toSorted((a, b) => a - b),
    gold: new Set(row.passages.flatMap(({ at, gold }) => (gold ? [at] : []))),
    sentences: row.candidates.map((candidate) => ({
      passage: candidate.passage,
      probability: candidate[BASE],
      mass: collected.has(candidate.passage) ? Math.max(0, candidate.mass) : 0,
    })),
  };
}

const rows = values.readings.split(',').flatMap((path) => readJsonLines<CollectedReading>(path));
const prepared = rows.map(prepare);
const isAnswerable = ({ row }: Prepared): boolean => ['en', 'zh', 'cross'].includes(row.kind);

interface Example {
  readonly x: readonly number[];
  readonly y: number;
}
const fit = (examples: readonly Example[]): Logistic =>
  fitLogistic(
    examples.map(({ x }) => x),
    examples.map(({ y }) => y),
  );

/** Fits without each fold in turn, and applies to that fold. */
function crossFit<T>(
  examplesOf: (one: Prepared, at: number) => readonly Example[],
  apply: (model: Logistic, one: Prepared, at: number) => T,
): T[] {
  const results: T[] = [];
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const model = fit(
      prepared.flatMap((one, at) => (one.row.fold === fold ? [] : examplesOf(one, at))),
    );
    prepared.forEach((one, at) => {
      if (one.row.fold === fold) results[at] = apply(model, one, at);
    });
  }
  return results;
}

const passageExamples = (one: Prepared): Example[] =>
  isAnswerable(one) && one.row.kind !== 'cross'
    ? passageFusionRows(one.passages).map((x, place) => ({
        x,
        y: one.gold.has(one.read[place] ?? -1) ? 1 : 0,
      }))
    : [];
const sentenceExamples = (one: Prepared): Example[] => {
  if (one.row.kind === 'cross') return [];
  return sentenceFusionRows(one.sentences, one.passages).map((x, at) => ({
    x,
    y: (one.row.candidates[at]?.label ?? 0) === 1 ? 1 : 0,
  }));
};
const passageScores = crossFit(passageExamples, (model, one) =>
  passageFusionRows(one.passages).map((x) => model.predict(x)),
);
const sentenceScores = crossFit(sentenceExamples, (model, one) =>
  sentenceFusionRows(one.sentences, one.passages).map((x) => model.predict(x)),
);
const words = prepared.map(({ row }) => row.answerability[BASE]);
const answerableRow = (one: Prepared, at: number): number[] =>
  answerableFusionRow(words[at] ?? 0, one.sentences, sentenceScores[at] ?? [], one.passages);
const answerableExamples = (one: Prepared, at: number): Example[] =>
  one.row.kind === 'cross' ? [] : [{ x: answerableRow(one, at), y: isAnswerable(one) ? 1 : 0 }];
const answerable = crossFit(answerableExamples, (model, one, at) =>
  model.predict(answerableRow(one, at)),
);

const show = (value: number): string => value.toFixed(3);
const mean = (list: readonly number[]): number =>
  list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length);

/** Rank of the first gold passage among those read, by `score`; others stand below. */
function rankAmongScored(one: Prepared, score: (place: number) => number): number {
  const order = one.read.map((at, place) => ({ at, score: score(place) }));
  order.sort((a, b) => b.score - a.score);
  const found = order.findIndex(({ at }) => one.gold.has(at));
  return found < 0 ? 1e9 : found;
}

console.log(`base ${BASE}, the cross-encoder over the best ${DEPTH}`);
console.log('\npassage @1 / @5 among all passages of ten pages');
for (const kind of ['en', 'zh', 'cross']) {
  const list = prepared.flatMap((one, at) =>
    one.row.kind === kind && one.row.pages === 10 ? [{ one, at }] : [],
  );
  if (list.length === 0) continue;
  const line = (name: string, ranks: readonly number[]): void =>
    console.log(
      kind.padEnd(6),
      name.padEnd(28),
      show(mean(ranks.map((rank) => (rank < 1 ? 1 : 0)))),
      show(mean(ranks.map((rank) => (rank < 5 ? 1 : 0)))),
      `@${DEPTH}: ${show(mean(ranks.map((rank) => (rank < DEPTH ? 1 : 0))))}`,
      `n=${list.length}`,
    );
  for (const name of ['bm25', 'lexical', 'dense', 'similarity']) {
    if (name === 'similarity' && kind !== 'cross') continue;
    line(
      name,
      list.map(({ one }) => one.row.goldRanks[name] ?? 1e9),
    );
  }
  const scoresOf = (one: Prepared) => one.read.map((at) => one.passages[at]?.pair);
  line(
    'cross-encoder alone',
    list.map(({ one }) => rankAmongScored(one, (place) => scoresOf(one)[place]?.relevance ?? -99)),
  );
  line(
    'cross-encoder, answerability',
    list.map(({ one }) => rankAmongScored(one, (place) => scoresOf(one)[place]?.answerable ?? -99)),
  );
  line(
    'fused (cross-validated)',
    list.map(({ one, at }) => rankAmongScored(one, (place) => passageScores[at]?.[place] ?? 0)),
  );
}

console.log('\ngold answer in the best 1, 2, 3 sentences | in the gold sentence');
for (const kind of ['en', 'zh']) {
  const list = prepared.flatMap((one, at) =>
    one.row.kind === kind && one.row.pages === 10 ? [{ one, at }] : [],
  );
  const line = (name: string, scoresOf: (one: Prepared, at: number) => readonly number[]): void => {
    const hits = [1, 2, 3].map((n) =>
      mean(
        list.map(({ one, at }) => {
          const scores = scoresOf(one, at);
          const order = scores.map((_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
          return order.slice(0, n).some((i) => (one.row.candidates[i]?.label ?? 0) > 0) ? 1 : 0;
        }),
      ),
    );
    const strict = mean(
      list.map(({ one, at }) => {
        const scores = scoresOf(one, at);
        const best = scores.indexOf(Math.max(...scores));
        return one.row.candidates[best]?.label === 1 ? 1 : 0;
      }),
    );
    console.log(kind.padEnd(6), name.padEnd(28), ...hits.map(show), '|', show(strict));
  };
  line('today (has seen the pages)', (one) => one.row.candidates.map(({ today }) => today));
  line('lexical', (one) => one.row.candidates.map(({ lexical }) => lexical));
  line('dense', (one) => one.row.candidates.map(({ dense }) => dense));
  line('fused (cross-validated)', (_, at) => sentenceScores[at] ?? []);
}

console.log(
  '\nanswer span: exact match / F1 | in the gold passage | in the passage that is ranked first',
);
for (const kind of ['en', 'zh', 'cross']) {
  const list = prepared.flatMap((one, at) =>
    one.row.kind === kind && one.row.pages === 10 ? [{ one, at }] : [],
  );
  if (list.length === 0) continue;
  const inGold = list.map(({ one }) => one.row.passages.find(({ gold }) => gold));
  const first = list.map(({ one, at }) => {
    const scores = passageScores[at] ?? [];
    const place = scores.indexOf(Math.max(...scores));
    return one.row.passages.find((passage) => passage.at === one.read[place]);
  });
  console.log(
    kind.padEnd(6),
    show(mean(inGold.map((passage) => passage?.exact ?? 0))),
    show(mean(inGold.map((passage) => passage?.f1 ?? 0))),
    '|',
    show(mean(first.map((passage) => passage?.exact ?? 0))),
    show(mean(first.map((passage) => passage?.f1 ?? 0))),
  );
}

console.log('\nabstention | AUC, and share abstained where 0.9 of the answerable are answered');
function abstention(name: string, scores: readonly number[], pages = 10): void {
  const of = (...kinds: string[]): number[] =>
    prepared.flatMap((one, at) =>
      kinds.includes(one.row.kind) && one.row.pages === pages ? [scores[at] ?? 0] : [],
    );
  const cells = [
    ['unanswerable (en)', of('en'), of('unanswerable')],
    ['off-topic en', of('en'), of('off-en')],
    ['off-topic zh', of('zh'), of('off-zh')],
    ['unanswerable, one threshold', of('en', 'zh'), of('unanswerable')],
  ] as const;
  const parts = cells.map(([label, yes, no]) => {
    const wins = yes.map((a) => mean(no.map((b) => (a > b ? 1 : a === b ? 0.5 : 0))));
    const threshold = yes.toSorted((a, b) => a - b)[Math.floor(0.1 * yes.length)] ?? 0;
    return `${label} ${show(mean(wins))} ${show(mean(no.map((b) => (b < threshold ? 1 : 0))))}`;
  });
  console.log(name.padEnd(28), parts.join(' | '));
}
abstention(
  'today (has seen the pages)',
  prepared.map(({ row }) => row.answerability.today),
);
abstention('words', words);
abstention(
  'cross-encoder: most answerable',
  prepared.map(({ passages }) =>
    Math.max(-99, ...passages.map(({ pair }) => pair?.answerable ?? -99)),
  ),
);
abstention('fused (cross-validated)', answerable);
const few = Math.min(...rows.map(({ pages }) => pages));
if (few < 10) {
  abstention(`words, ${few} pages`, words, few);
  abstention(`fused, ${few} pages`, answerable, few);
}
for (const pages of new Set([10, few])) {
  const share = (kind: string, at: number): string => {
    const list = prepared.flatMap((one, place) =>
      one.row.kind === kind && one.row.pages === pages ? [answerable[place] ?? 0] : [],
    );
    return show(mean(list.map((value) => (value >= at ? 1 : 0))));
  };
  console.log(`answered at a threshold, ${pages} pages | en, zh, unanswerable, off-topic en, zh`);
  for (const at of [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]) {
    const kinds = ['en', 'zh', 'unanswerable', 'off-en', 'off-zh'];
    console.log(at.toFixed(2), ...kinds.map((kind) => share(kind, at)));
  }
}
console.log(`\n${show(mean(prepared.map(({ row }) => row.milliseconds)))} ms a passage read`);

if (values.write) {
  const pack = (model: Logistic, features: readonly string[]) => ({
    features,
    bias: model.bias,
    weights: model.weights,
  });
  const file = {
    passage: pack(fit(prepared.flatMap(passageExamples)), PASSAGE_FEATURES),
    sentence: pack(fit(prepared.flatMap(sentenceExamples)), SENTENCE_FEATURES),
    answerable: pack(
      fit(prepared.flatMap((one, at) => answerableExamples(one, at))),
      ANSWERABLE_FEATURES,
    ),
  };
  const path = join(packageRoot, 'retriever/rank/fusion-model.json');
  writeFileSync(path, `${JSON.stringify(file)}\n`);
  console.log(`written: ${path}`);
}
