/**
 * Today's sentence models, trained without the cross-encoder's held-out pages, so that what is compared there
 * (and what the fusion learns from) is honest on both sides:
 *
 *   npx tsx eval/lab/cross-encoder/honest-evidence.ts --weights e5-small-q4.bin --out FILE.json \
 *     [--cache DIR] [--questions 700]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../../src/core/package-root.ts';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { combinedScores } from '../../../retriever/rank/evidence/evidence-model.ts';
import { collectTrainingSet } from '../evidence/collect-training-set.ts';
import {
  calibration,
  grow,
  LEXICAL,
  matchOthers,
  sample,
  TREE_FEATURES,
} from '../evidence/evidence-training.ts';
import { fitMatch } from '../evidence/fit-match.ts';
import { FrozenWeb } from '../evidence/frozen-web.ts';
import { toTreeArrays } from '../../../retriever/rank/evidence/tree-arrays.ts';
import { VectorCache } from '../evidence/vector-cache.ts';
import { isHeldOutPage } from './held-out.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    data: { type: 'string', default: join(packageRoot, '../shared/data/frozen-web-dev') },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    questions: { type: 'string', default: '700' },
    out: { type: 'string', default: '' },
  },
});

const weightsPath = values.weights ?? '';
const inner = await E5Embedder.load({ weightsPath, cacheDir: values.cache, threads: 1 });
const cache = new VectorCache(inner, values.cache);
const web = new FrozenWeb(values.data, 4);
const held = new Set(web.pages.filter(isHeldOutPage).map(({ page_id }) => page_id));
const chosen = sample(web, Number(values.questions)).filter(
  ({ question }) => !held.has(question.page_id),
);
const questions = await collectTrainingSet(web, chosen, {
  embedder: cache,
  log: (line) => console.log(`${line}, ${cache.misses} texts embedded anew`),
});
const TREES = { trees: 100, depth: 4, listwise: 0.5 };
const models: Record<string, unknown> = {};
for (const [name, allowed] of [
  ['dense', () => true],
  ['lexical', LEXICAL],
] as const) {
  const dense = name === 'dense';
  const matched = matchOthers(questions, allowed, dense);
  const trees = grow(matched, allowed, TREES);
  // The trees have seen these questions: their calibration is that of the shipped file's method, half the
  // pages grown on the other half.
  const half = (side: number) => matched.filter(({ question }) => question.fold % 2 === side);
  const grown = [grow(half(1), allowed, TREES), grow(half(0), allowed, TREES)] as const;
  const results = matched.map(({ question, match }) =>
    combinedScores(question.fold % 2 === 0 ? grown[0] : grown[1], question.evidence.rows, match),
  );
  const calibrated = calibration(questions, results);
  const [slope = 1, level = 0] = calibrated.weights;
  models[name] = {
    match: fitMatch(questions, allowed, dense),
    trees: toTreeArrays(trees, TREE_FEATURES),
    calibration: { bias: calibrated.bias, slope, level },
  };
  console.log(`${name}: ${questions.length} questions`);
}
writeFileSync(values.out, JSON.stringify(models));
