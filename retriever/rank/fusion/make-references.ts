/** From documents to numbered references: segmentation, ranking and selection for one question. */
import type { Document, EvidenceSentence, Freshness, Reference } from '../../../src/core/nouns.ts';
import { sigmoid } from '../../../src/core/boosted-trees.ts';
import { judgePassages, type RankModels } from './rank-passages.ts';
import { PreparedDocuments } from './prepared-documents.ts';
import { selectReferences } from './select-references.ts';

export interface ReferencesRequest {
  readonly question: string;
  /** The question in the language of most documents, where that is another. */
  readonly translation?: string | null | undefined;
  readonly freshness?: Freshness | undefined;
  readonly documents: readonly Document[];
  readonly maxReferences: number;
}

/** A ranked passage without its document, for traces and evaluation. */
interface RankedSpan {
  readonly id: string;
  readonly url: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly parts: Readonly<Record<string, number>>;
}

interface RankTimings {
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
/**
 * Segments, ranks and selects: see `Ranker.references`, which calls it in a process of its own.
 * @param prepared what is known of documents already
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function makeReferences(
  call: ReferencesRequest,
  models: RankModels,
  options: { readonly signal: AbortSignal },
  prepared = new PreparedDocuments(),
): Promise<ReferencesResult> {
  const began = performance.now();
  const passages = call.documents.flatMap((document, index) =>
    prepared.passages(document).map((passage) => ({ ...passage, document, index })),
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
    { ...options, translation: call.translation, memo: prepared.counts },
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
      score: sigmoid((part?.score ?? 0) / 2),
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
    const pair = judged.pairScores.get(choice.passage);
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
      ...(pair === undefined
        ? {}
        : {
            answerSpan: {
              start: pair.start,
              end: pair.end,
              span: pair.spanProbability,
              none: pair.nullProbability,
              answerable: pair.answerable,
            },
          }),
    };
  });
  const done = performance.now();
  return {
    references: result,
    ranking: ranked.slice(0, MOST_RANKED).map(({ passage, part }) => ({
      id: `${passage.index}:${passage.key}`,
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
      load: 0,
      segment: segmented - began,
      evidence: done - segmented,
      embed: evidence.embedMs,
      read: judged.crossEncoderMs,
      total: done - began,
    },
  };
}
