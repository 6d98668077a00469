/**
 * Question to the right paragraph, among the paragraphs of ten similar pages and among all:
 *
 *   npx tsx eval/ranking/evaluate-ranking.ts --weights e5-small-q4.bin [--limit 200] [--cache DIR]
 *
 * Pages with an odd hash only. The evidence model has seen questions of these pages in training, so the
 * last row is a fitted figure; held-out ones are printed by `retriever/rank/training/train-evidence.ts`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { E5Embedder } from '../../retriever/embed/e5-embedder.ts';
import type { CountMemo } from '../../retriever/rank/bm25f.ts';
import { collectEvidence } from '../../retriever/rank/collect-evidence.ts';
import { EvidenceModel } from '../../retriever/rank/evidence-model.ts';
import { FUSION, passageScores, type FusionWeights } from '../../retriever/rank/passage-scores.ts';
import { FrozenWeb } from '../../retriever/rank/training/frozen-web.ts';
import { stableHash } from '../training/stable-hash.ts';
import { VectorCache } from '../../retriever/rank/training/vector-cache.ts';
import { packageRoot } from '../../src/core/package-root.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    data: { type: 'string', default: join(packageRoot, '../shared/data/frozen-web-dev') },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    limit: { type: 'string', default: '200' },
    all: { type: 'boolean', default: false },
  },
});

const ROWS: Readonly<Record<string, FusionWeights>> = {
  'BM25F alone': { bm25: 1, dense: 0, evidence: 0, coverage: 0 },
  'BM25F + dense': { bm25: 0.5, dense: 1, evidence: 0, coverage: 0 },
  'with evidence (fitted)': FUSION,
};

const web = new FrozenWeb(values.data);
const { weights } = values;
const embedder =
  weights === undefined
    ? null
    : new VectorCache(
        await E5Embedder.load({ weightsPath: weights, cacheDir: values.cache, threads: 2 }),
        values.cache,
      );
const model = new EvidenceModel(embedder === null ? 'lexical' : 'dense');
const memo: CountMemo = new Map();
const { signal } = new AbortController();
console.log(`paragraph @1 / @5 among ${values.all ? 'all paragraphs' : 'ten pages'}`);
for (const source of ['squad1.1-dev', 'cmrc2018', 'drcd']) {
  const questions = web.questions
    .filter(
      (question) =>
        question.source === source && question.answerable && question.standalone !== false,
    )
    .filter(({ page_id }) => stableHash(`half ${page_id}`) % 2 === 1)
    .toSorted((a, b) => stableHash(a.qid) - stableHash(b.qid))
    .slice(0, Number(values.limit));
  const hits = Object.keys(ROWS).map(() => ({ first: 0, five: 0 }));
  let milliseconds = 0;
  for (const question of questions) {
    const pages = values.all
      ? web.pages.filter((page) => page.source !== 'xquad-zh')
      : web.pagesFor(question, 10, true);
    const paragraphs = pages.flatMap((page) =>
      page.paragraphs.map(({ para_id, text }) => ({
        para_id,
        fields: { title: page.title, headings: '', text },
      })),
    );
    const began = performance.now();
    const evidence = await collectEvidence(
      question.question,
      paragraphs.map(({ fields }) => fields),
      embedder,
      { signal, memo },
    );
    const probabilities = model.probabilities(evidence);
    milliseconds += performance.now() - began;
    Object.values(ROWS).forEach((fusion, row) => {
      const scores = passageScores(evidence, probabilities, fusion).map(({ score }) => score);
      const gold = paragraphs.findIndex(({ para_id }) => para_id === question.para_id);
      const above = scores.filter((score) => score > (scores[gold] ?? -Infinity)).length;
      const hit = hits[row];
      if (hit === undefined) return;
      if (above === 0) hit.first += 1;
      if (above < 5) hit.five += 1;
    });
  }
  const n = Math.max(1, questions.length);
  Object.keys(ROWS).forEach((name, row) => {
    const { first = 0, five = 0 } = hits[row] ?? {};
    console.log(
      source.padEnd(14),
      name.padEnd(24),
      (first / n).toFixed(3),
      (five / n).toFixed(3),
      `n=${n}`,
    );
  });
  console.log(source.padEnd(14), `${(milliseconds / n).toFixed(0)} ms a question`);
}
embedder?.save();
