/**
 * Adds today's answerability model to the file of `honest-evidence.ts`: fitted on other questions of the
 * same pages, so that neither its trees nor itself has seen the cross-encoder's held-out pages.
 *
 *   npx tsx eval/lab/cross-encoder/honest-answerability.ts --weights e5-small-q4.bin --file FILE.json
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../../src/core/package-root.ts';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { answerabilityFeatures } from '../../../retriever/rank/evidence/answerability.ts';
import { collectTrainingSet } from '../evidence/collect-training-set.ts';
import { sample } from '../evidence/evidence-training.ts';
import { fitLogistic } from '../evidence/fit-logistic.ts';
import { FrozenWeb } from '../evidence/frozen-web.ts';
import { VectorCache } from '../evidence/vector-cache.ts';
import { honestModel } from './honest-model.ts';
import { isHeldOutPage } from './held-out.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string', default: '' },
    data: { type: 'string', default: join(packageRoot, '../shared/data/frozen-web-dev') },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    file: { type: 'string', default: '' },
    /** Questions of each kind that the sentence models have seen. */
    seen: { type: 'string', default: '700' },
    questions: { type: 'string', default: '1000' },
  },
});
const inner = await E5Embedder.load({
  weightsPath: values.weights,
  cacheDir: values.cache,
  threads: 1,
});
const cache = new VectorCache(inner, values.cache);
const web = new FrozenWeb(values.data, 4);
const held = new Set(web.pages.filter((page) => isHeldOutPage(page)).map((page) => page.page_id));
const seen = new Set(sample(web, Number(values.seen)).map(({ question }) => question.qid));
const chosen = sample(web, Number(values.questions)).filter(
  ({ question }) => !held.has(question.page_id) && !seen.has(question.qid),
);
const questions = await collectTrainingSet(web, chosen, {
  embedder: cache,
  log: (line) => console.log(`${line}, ${cache.misses} texts embedded anew`),
});
const file = JSON.parse(readFileSync(values.file, 'utf8')) as Record<string, object>;
for (const kind of ['dense', 'lexical'] as const) {
  const model = honestModel(file, kind);
  const rows = questions.map(({ evidence }) => {
    const own = kind === 'dense' ? evidence : { ...evidence, similarities: null, vectors: null };
    return answerabilityFeatures(own, model.probabilities(own));
  });
  const { bias, weights } = fitLogistic(
    rows,
    questions.map((question) => (question.kind === 'answerable' ? 1 : 0)),
  );
  file[kind] = { ...file[kind], answerability: { bias, weights } };
  console.log(`${kind}: ${questions.length} questions`);
}
writeFileSync(values.file, JSON.stringify(file));
