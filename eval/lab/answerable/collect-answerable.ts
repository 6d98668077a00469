/**
 * Collects what the product knows when it decides whether to answer (references with their evidence and
 * readings, answerability), for questions of pages that neither the cross-encoder nor the sentence models have
 * seen: `fit-answerable.ts` fits the decision on it.
 *
 *   npx tsx eval/lab/answerable/collect-answerable.ts --weights e5-small-q4.bin --evidence honest.json \
 *     --out answerable.jsonl [--cross-encoder FILE] [--limit 300] [--kinds en,zh,unanswerable,off-en,off-zh]
 *
 *   npx tsx eval/lab/answerable/collect-answerable.ts --lexical --kinds unanswerable,en --limit 2000 --out words.jsonl
 *
 * `honest.json` is of `eval/lab/cross-encoder/honest-evidence.ts`.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { E5Embedder } from '../../../src/runtime/e5/e5-embedder.ts';
import { EvidenceModel } from '../../../retriever/rank/evidence/evidence-model.ts';
import { FusionModel } from '../../../retriever/rank/fusion/fuse-scores.ts';
import type { RankModels } from '../../../retriever/rank/fusion/rank-passages.ts';
import { makeReferences } from '../../../retriever/rank/fusion/make-references.ts';
import { FrozenWeb, pageDocument, type FrozenQuestion } from '../evidence/frozen-web.ts';
import { honestModel } from '../cross-encoder/honest-model.ts';
import { isHeldOutPage } from '../cross-encoder/held-out.ts';
import { VectorCache } from '../evidence/vector-cache.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { CrossEncoder } from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { stableHash } from '../trees/stable-hash.ts';
import type { CollectedAnswerable } from './collected-answerable.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string', default: '' },
    data: { type: 'string', default: join(packageRoot, '../shared/data/frozen-web-dev') },
    cache: { type: 'string', default: '/tmp/footnote-train' },
    evidence: { type: 'string', default: '' },
    'cross-encoder': { type: 'string' },
    out: { type: 'string', default: '' },
    limit: { type: 'string', default: '300' },
    threads: { type: 'string', default: '1' },
    kinds: { type: 'string', default: 'unanswerable,en,zh,off-en,off-zh' },
    /** Words alone rank, all pages are asked about, two at a time: for what only compares words. */
    lexical: { type: 'boolean', default: false },
  },
});
const REFERENCES = 5;
/** Most questions meet ten pages, as over the web; a third only two, as a follow-up does. */
const FEW = 2;
const MANY = 10;
const { signal } = new AbortController();
const limit = Number(values.limit);

const web = new FrozenWeb(values.data);
const cached: VectorCache[] = [];
const models = values.lexical
  ? { embedder: null, evidence: new EvidenceModel('lexical'), rerank: null }
  : await honestModels();

async function honestModels(): Promise<RankModels> {
  const { weights: weightsPath, cache: cacheDir, 'cross-encoder': updatePath } = values;
  const setup = { weightsPath, cacheDir, threads: Number(values.threads) };
  const embedder = new VectorCache(await E5Embedder.load(setup), cacheDir);
  cached.push(embedder);
  const crossEncoder = await CrossEncoder.load({
    ...setup,
    ...(updatePath === undefined ? {} : { updatePath }),
  });
  const honest = JSON.parse(readFileSync(values.evidence, 'utf8')) as Record<string, unknown>;
  const evidence = honestModel(honest, 'dense');
  return { embedder, evidence, rerank: { crossEncoder, fusion: new FusionModel() } };
}

const heldOut = new Set(
  web.pages.filter((page) => isHeldOutPage(page)).map(({ page_id }) => page_id),
);

function questionsOf(kind: string): FrozenQuestion[] {
  const english = kind.endsWith('en') || kind === 'unanswerable';
  return web.questions
    .filter(({ page_id, source, answerable, standalone }) => {
      if (!(values.lexical || heldOut.has(page_id)) || answerable === (kind === 'unanswerable'))
        return false;
      return english ? standalone === true : /cmrc|drcd/u.test(source);
    })
    .toSorted((a, b) => stableHash(a.qid) - stableHash(b.qid))
    .slice(0, kind.startsWith('off') ? Math.ceil(limit / 3) : limit);
}

// A run that was cut goes on behind its last line.
const done = new Set(
  existsSync(values.out)
    ? readJsonLines<CollectedAnswerable>(values.out).map(({ kind, qid }) => `${kind} ${qid}`)
    : [],
);
for (const kind of values.kinds.split(',')) {
  const questions = questionsOf(kind);
  for (const [index, question] of questions.entries()) {
    if (done.has(`${kind} ${question.qid}`)) continue;
    const count = values.lexical || stableHash(`pages ${question.qid}`) % 3 === 0 ? FEW : MANY;
    const pages = web.pagesFor(question, count, !kind.startsWith('off'));
    const { references, answerability } = await makeReferences(
      {
        question: question.question,
        documents: pages.map(pageDocument),
        maxReferences: REFERENCES,
      },
      models,
      { signal },
    );
    const row: CollectedAnswerable = {
      qid: question.qid,
      kind,
      language: question.lang === 'en' ? 'en' : 'zh',
      question: question.question,
      answers: question.answers,
      page: question.page_id,
      pages: pages.length,
      answerability,
      references,
    };
    appendFileSync(values.out, `${JSON.stringify(row)}\n`);
    process.stderr.write(`\r${kind} ${index + 1}/${questions.length} `);
  }
  for (const one of cached) one.save();
}
