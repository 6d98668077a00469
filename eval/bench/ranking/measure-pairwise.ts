/* oxlint-disable no-console -- a measurement reports on the terminal */
/**
 * Pairs of web answers of different grades in the right order, stage by stage, over the graded medical
 * answers of `rerank-dev` (MEDIQA 2019, grades by experts; WebGLM's retriever has .694 on pairs of its own):
 *
 *   npx tsx eval/bench/ranking/measure-pairwise.ts --weights e5-small-q4.bin [--limit 120] [--cache DIR]
 *
 * Nothing here was trained on these data. An answer is cut into passages as a page is, and counts as much
 * as its best one. Also the longer answer first, which is what a rater's habit alone would give.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Bm25fIndex } from '../../../retriever/rank/words/bm25f.ts';
import { EvidenceModel } from '../../../retriever/rank/evidence/evidence-model.ts';
import { FusionModel } from '../../../retriever/rank/fusion/fuse-scores.ts';
import { judgePassages, type RankModels } from '../../../retriever/rank/fusion/rank-passages.ts';
import { scoresWithLikeness } from '../../../retriever/rank/fusion/whole-likeness.ts';
import { analyseQuestion } from '../../../retriever/rank/words/question-words.ts';
import { segmentDocument } from '../../../retriever/segment/segment-document.ts';
import type { Document } from '../../../src/core/nouns.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { dot } from '../../../src/runtime/e5/dot.ts';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { CrossEncoder } from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import { ndcg, pairwiseAccuracy } from '../../metrics/ranking-quality.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { stableHash } from '../../lab/trees/stable-hash.ts';

interface Graded {
  readonly qid: string;
  readonly question: string;
  readonly answers: readonly { readonly text: string; readonly grade: number }[];
}

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    data: { type: 'string', default: join(packageRoot, '../shared/data/rerank-dev') },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    limit: { type: 'string', default: '1000' },
    threads: { type: 'string', default: '2' },
  },
});
const { signal } = new AbortController();
const rows = readJsonLines<Graded>(join(values.data, 'mediqa-graded.jsonl.gz'))
  .filter(({ answers }) => new Set(answers.map(({ grade }) => grade)).size > 1)
  .toSorted((a, b) => stableHash(a.qid) - stableHash(b.qid))
  .slice(0, Number(values.limit));

const asDocument = (text: string): Document => ({
  url: 'https://answers.example/',
  title: '',
  byline: null,
  publishedAt: null,
  language: 'en',
  text,
  headings: [],
  site: 'answers.example',
  canonicalUrl: null,
  fetchedAt: '2026-01-15T00:00:00Z',
});

const figures = new Map<string, { pairwise: number[]; ndcg: number[] }>();

function note(stage: string, row: Graded, scores: readonly number[]): void {
  const grades = row.answers
    .map(({ grade }, at) => ({ grade, score: scores[at] ?? 0, at }))
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .map(({ grade }) => grade);
  const known = figures.get(stage) ?? { pairwise: [], ndcg: [] };
  known.pairwise.push(pairwiseAccuracy(grades));
  known.ndcg.push(
    ndcg(
      grades.map((grade) => grade - 1),
      10,
    ),
  );
  figures.set(stage, known);
}

const z = (list: readonly number[]): number[] => {
  const mean = list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length);
  const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length;
  return list.map((value) => (variance === 0 ? 0 : (value - mean) / Math.sqrt(variance)));
};

const setup = {
  weightsPath: values.weights ?? '',
  cacheDir: values.cache,
  threads: Number(values.threads),
};
const embedder = values.weights === undefined ? null : await E5Embedder.load(setup);
const crossEncoder = values.weights === undefined ? null : await CrossEncoder.load(setup);
const evidence = new EvidenceModel(embedder === null ? 'lexical' : 'dense');
const words: RankModels = { embedder, evidence, rerank: null };
const cascades: readonly (readonly [string, RankModels])[] = [
  ['cascade: BM25F, sentences', words],
  ...(crossEncoder === null
    ? []
    : [
        [
          'cascade: BM25F, sentences, cross-encoder',
          { ...words, rerank: { crossEncoder, fusion: new FusionModel() } },
        ] as const,
      ]),
];

for (const row of rows) {
  const passages = row.answers.flatMap(({ text }, answer) =>
    segmentDocument(asDocument(text), answer).map((passage) => ({
      answer,
      fields: { title: '', headings: passage.headingPath.join(' '), text: passage.text },
    })),
  );
  const fields = passages.map((passage) => passage.fields);
  /** The best passage's score for each answer. */
  const best = (scores: readonly number[]): number[] =>
    row.answers.map((_, answer) =>
      Math.max(
        -1e9,
        ...scores.filter((__, at) => passages[at]?.answer === answer).map((score) => score),
      ),
    );
  const { terms } = analyseQuestion(row.question);
  const bm25 = new Bm25fIndex(fields).scores(terms);
  note(
    'the longer first',
    row,
    row.answers.map(({ text }) => text.length),
  );
  note('BM25F', row, best(bm25));
  if (embedder !== null && crossEncoder !== null) {
    const [asked] = await embedder.embed([row.question], { kind: 'query', signal });
    const vectors = await embedder.embed(
      fields.map(({ text }) => text),
      { kind: 'passage', signal },
    );
    const dense = vectors.map((vector) => (asked === undefined ? 0 : dot(asked, vector)));
    const both = z(dense).map((value, at) => value + 0.5 * (z(bm25)[at] ?? 0));
    note('e5', row, best(dense));
    note('BM25F + e5', row, best(both));
    const readings = await crossEncoder.scorePairs(
      fields.map(({ text }) => ({ question: row.question, title: '', text })),
      { signal },
    );
    const relevance = readings.map((reading) => reading.relevance);
    note('cross-encoder, every passage', row, best(relevance));
    const all = z(relevance).map((value, at) => value + (both[at] ?? 0) / 2);
    note('BM25F + e5 + cross-encoder', row, best(all));
  }
  for (const [name, models] of cascades) {
    const judged = await judgePassages(row.question, fields, models, { signal });
    note(name, row, best(judged.scores.map(({ score }) => score)));
    if (models.rerank === null) continue;
    const whole = await scoresWithLikeness(row.question, fields, judged, embedder, { signal });
    note('rank stage: cascade and likeness', row, best(whole));
  }
}
const mean = (list: readonly number[]): string =>
  (list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length)).toFixed(3);
console.log(`${rows.length} questions with answers of different grades`);
console.log(`${'stage'.padEnd(36)} pairs in order   nDCG@10`);
for (const [stage, { pairwise, ndcg: gains }] of figures) {
  console.log(`${stage.padEnd(36)} ${mean(pairwise).padStart(14)}   ${mean(gains).padStart(7)}`);
}
