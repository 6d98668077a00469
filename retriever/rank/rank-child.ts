/** The rank process: segmentation, BM25F, embedding and evidence for one question at a time. */
import type { Document, EvidenceSentence, Freshness, Reference } from '../../src/core/nouns.ts';
import { serveChild, type ChildContext } from '../../src/runtime/serve-child.ts';
import { readE5Weights } from '../../src/runtime/e5/e5-weights.ts';
import { Reader } from '../../src/runtime/reader/reader.ts';
import { E5Embedder } from '../embed/e5-embedder.ts';
import { segmentDocument } from '../segment/segment-document.ts';
import { EvidenceModel } from './evidence-model.ts';
import { FusionModel } from './fuse-readings.ts';
import { judgePassages, type RankModels } from './judge-passages.ts';
import { selectReferences } from './select-references.ts';

export interface RankSetup {
  readonly weightsPath: string | null;
  readonly cacheDir: string | null;
  readonly threads: number;
}

export interface ReferencesCall extends RankSetup {
  readonly question: string;
  readonly freshness?: Freshness | undefined;
  readonly documents: readonly Document[];
  readonly maxReferences: number;
}

export interface RankCall extends RankSetup {
  readonly question: string;
  readonly passages: readonly {
    readonly id: string;
    readonly text: string;
    readonly title?: string | undefined;
  }[];
}

/** A ranked passage without its document, for traces and evaluation. */
export interface RankedSpan {
  readonly id: string;
  readonly url: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly parts: Readonly<Record<string, number>>;
}

export interface RankTimings {
  readonly load: number;
  readonly segment: number;
  /** Everything after segmentation, the embedding included. */
  readonly evidence: number;
  readonly embed: number;
  /** The cross-encoder over the best passages. */
  readonly read: number;
  readonly total: number;
}

export interface ReferencesResult {
  readonly references: readonly Reference[];
  readonly ranking: readonly RankedSpan[];
  /** 0..1: do the pages hold an answer to the question? */
  readonly answerability: number;
  /** Milliseconds. `load` is more than 0 only for the first call. */
  readonly timings: RankTimings;
}

const MOST_RANKED = 50;
const MOST_EVIDENCE = 6;
let loading: Promise<RankModels> | undefined;

/** Loads once; a failure is told to this call and tried again by the next. */
function load(setup: RankSetup): Promise<RankModels> {
  loading ??= (async (): Promise<RankModels> => {
    const { weightsPath } = setup;
    if (weightsPath === null) {
      return { embedder: null, evidence: new EvidenceModel('lexical'), reading: null };
    }
    // One file for both: the reader is an update of the embedder's weights.
    const own = { ...setup, weightsPath, weights: await readE5Weights(weightsPath) };
    return {
      embedder: await E5Embedder.load(own),
      evidence: new EvidenceModel('dense'),
      reading: { reader: await Reader.load(own), fusion: new FusionModel() },
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
  const loaded = performance.now();
  const passages = call.documents.flatMap((document, index) =>
    segmentDocument(document, index).map((passage) => {
      const body = withoutHeadings(document, passage.start, passage.end);
      return { ...passage, ...body, index };
    }),
  );
  const segmented = performance.now();
  const judged = await judgePassages(
    call.question,
    passages.map(({ document, headingPath, text }) => ({
      title: document.title,
      headings: headingPath.join(' '),
      text,
    })),
    models,
    { signal: context.signal },
  );
  const { evidence, scores, probabilities } = judged;
  const ranked = passages
    .map((passage, at) => ({ passage, at, part: scores[at] }))
    .sort((a, b) => (b.part?.score ?? 0) - (a.part?.score ?? 0) || a.at - b.at);
  const chosen = selectReferences(
    ranked.map(({ passage, at, part }) => ({
      passage: at,
      document: passage.index,
      text: passage.text,
      publishedAt: passage.document.publishedAt,
      // Squashed, so that the bonus for recency means the same for every question.
      score: 1 / (1 + Math.exp(-(part?.score ?? 0) / 2)),
    })),
    {
      maxReferences: call.maxReferences,
      recent: evidence.question.recent,
      freshness: call.freshness,
    },
  );
  const result = chosen.map((choice, place): Reference => {
    const passage = passages[choice.passage] as (typeof passages)[number];
    const { document } = passage;
    const number = place + 1;
    const sentences = evidence.candidates.flatMap((candidate, at): EvidenceSentence[] =>
      candidate.passage === choice.passage
        ? [
            {
              reference: number,
              start: candidate.start,
              end: candidate.end,
              text: candidate.text,
              score: probabilities[at] ?? 0,
            },
          ]
        : [],
    );
    return {
      number,
      url: document.url,
      title: document.title,
      site: document.site,
      language: document.language,
      publishedAt: document.publishedAt,
      fetchedAt: document.fetchedAt,
      text: passage.text,
      score: scores[choice.passage]?.evidence ?? null,
      evidence: sentences.sort((a, b) => b.score - a.score).slice(0, MOST_EVIDENCE),
    };
  });
  const done = performance.now();
  return {
    references: result,
    ranking: ranked.slice(0, MOST_RANKED).map(({ passage, part }) => ({
      id: passage.id,
      url: passage.document.url,
      start: passage.start,
      end: passage.end,
      score: part?.score ?? 0,
      parts: {
        bm25: part?.bm25 ?? 0,
        evidence: part?.evidence ?? 0,
        ...(part?.dense === null || part === undefined ? {} : { dense: part.dense }),
      },
    })),
    answerability: judged.answerability,
    timings: {
      load: loaded - began,
      segment: segmented - loaded,
      evidence: done - segmented,
      embed: evidence.embedMs,
      read: judged.readMs,
      total: done - began,
    },
  };
}

/** The passage without the headings it begins with, unless it is nothing else. */
function withoutHeadings(
  document: Document,
  start: number,
  end: number,
): { readonly start: number; readonly end: number; readonly text: string } {
  let from = start;
  for (const heading of document.headings) {
    if (heading.start <= from && heading.end > from && heading.end < end) {
      from = heading.end;
      while (from < end && document.text.charAt(from).trim() === '') from += 1;
    }
  }
  return from >= end
    ? { start, end, text: document.text.slice(start, end) }
    : { start: from, end, text: document.text.slice(from, end) };
}

async function rank(
  call: RankCall,
  context: ChildContext,
): Promise<readonly { readonly id: string; readonly score: number }[]> {
  const { scores } = await judgePassages(
    call.question,
    call.passages.map(({ title, text }) => ({ title: title ?? '', headings: '', text })),
    await load(call),
    { signal: context.signal },
  );
  return call.passages
    .map(({ id }, at) => ({ id, score: scores[at]?.score ?? 0, at }))
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .map(({ id, score }) => ({ id, score }));
}

async function warm(call: RankSetup): Promise<boolean> {
  return (await load(call)).embedder !== null;
}

serveChild({ references, rank, warm });
