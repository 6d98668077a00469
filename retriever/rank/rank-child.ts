/** The rank process: segmentation, BM25F, embedding and evidence for one question at a time. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Document } from '../../src/core/nouns.ts';
import type { Embedder } from '../../src/core/seams.ts';
import { serveChild, type ChildContext } from '../../src/runtime/serve-child.ts';
import { readE5Weights } from '../../src/runtime/e5/e5-weights.ts';
import { CrossEncoder } from '../../src/runtime/cross-encoder/cross-encoder.ts';
import { E5Embedder } from '../../src/runtime/e5/e5-embedder.ts';
import { EvidenceModel } from './evidence/evidence-model.ts';
import { FusionModel } from './fusion/fuse-scores.ts';
import { SecondCore } from './dense/two-process-encoder.ts';
import { PreparedDocuments } from './fusion/prepared-documents.ts';
import { judgePassages, type RankModels } from './fusion/rank-passages.ts';
import { scoresWithLikeness } from './fusion/whole-likeness.ts';
import { keptEmbedder } from './dense/kept-vectors.ts';
import {
  makeReferences,
  type ReferencesRequest,
  type ReferencesResult,
} from './fusion/make-references.ts';

export interface RankSetup {
  readonly weightsPath: string | null;
  readonly cacheDir: string | null;
  readonly threads: number;
  /** Bound of the vectors kept on disk under `cacheDir`; 0: none are. */
  readonly vectorBytes: number;
}

export interface ReferencesCall extends RankSetup, ReferencesRequest {}

export interface RankCall extends RankSetup {
  readonly question: string;
  readonly passages: readonly {
    readonly id: string;
    readonly text: string;
    readonly title?: string | undefined;
  }[];
}

export interface PrepareCall extends RankSetup {
  /** Will be asked. */
  readonly question?: string;
  /** Will be among those that are ranked. */
  readonly document?: Document;
}

const prepared = new PreparedDocuments();
let loading: Promise<RankModels> | undefined;

/** Loads once; a failure is told to this call and tried again by the next. */
function load(setup: RankSetup): Promise<RankModels> {
  loading ??= (async (): Promise<RankModels> => {
    const { weightsPath } = setup;
    if (weightsPath === null) {
      return { embedder: null, evidence: new EvidenceModel('lexical'), rerank: null };
    }
    // One file for both: the cross-encoder is an update of the embedder's weights.
    const cores = setup.threads > 0 ? setup.threads : availableParallelism();
    const threads = Math.max(1, Math.floor(cores / 2));
    const own = { ...setup, threads, weightsPath, weights: await readE5Weights(weightsPath) };
    const embedder = await E5Embedder.load(own);
    const { cacheDir, vectorBytes } = setup;
    const keep = (one: Embedder): Embedder =>
      cacheDir === null || vectorBytes === 0
        ? one
        : keptEmbedder(one, {
            path: join(cacheDir, 'vectors.db'),
            maxBytes: vectorBytes,
            model: embedder.modelKey,
          });
    const crossEncoder = await CrossEncoder.load(own);
    const fusion = new FusionModel();
    const evidence = new EvidenceModel('dense');
    if (cores < 2) return { embedder: keep(embedder), evidence, rerank: { crossEncoder, fusion } };
    // After these, so that it finds the converted graphs; nobody waits for it.
    const second = new SecondCore();
    void second.warm({ ...setup, weightsPath, threads }, new AbortController().signal);
    return {
      embedder: keep(second.embedder(embedder)),
      evidence,
      rerank: { crossEncoder: second.crossEncoder(crossEncoder), fusion },
    };
  })();
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

async function references(call: ReferencesCall, context: ChildContext): Promise<ReferencesResult> {
  const began = performance.now();
  const models = await load(call);
  const loadMs = performance.now() - began;
  const { timings, ...made } = await makeReferences(
    call,
    models,
    { signal: context.signal },
    prepared,
  );
  return { ...made, timings: { ...timings, load: loadMs, total: timings.total + loadMs } };
}

async function rank(
  call: RankCall,
  context: ChildContext,
): Promise<readonly { readonly id: string; readonly score: number }[]> {
  const models = await load(call);
  const passages = call.passages.map(({ title, text }) => ({
    title: title ?? '',
    headings: '',
    text,
  }));
  const options = { signal: context.signal };
  const judged = await judgePassages(call.question, passages, models, options);
  const scores = await scoresWithLikeness(
    call.question,
    passages,
    judged,
    models.embedder,
    options,
  );
  return call.passages
    .map(({ id }, at) => ({ id, score: scores[at] ?? 0, at }))
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .map(({ id, score }) => ({ id, score }));
}

/** Does ahead what `references` would have to do; it finds the outcome in the caches. */
async function prepare({ question, document, ...setup }: PrepareCall, { signal }: ChildContext) {
  if (document !== undefined) prepared.prepare(document);
  if (question !== undefined) {
    await (await load(setup)).embedder?.embed([question], { kind: 'query', signal });
  }
}

async function warm(call: RankSetup): Promise<boolean> {
  return (await load(call)).embedder !== null;
}

serveChild({ references, rank, prepare, warm });
