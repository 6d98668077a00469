/** From documents to numbered references: segmentation, ranking and selection for one question. */
import type { Document, Freshness, Reference } from '../../../src/core/nouns.ts';
import type { EvidenceBreadth } from '../../../src/core/question-kind.ts';
import { countWords } from '../../../src/core/tokens.ts';
import { judgeParts } from './judge-parts.ts';
import type { PassageScore } from './passage-scores.ts';
import type { RankModels } from './rank-passages.ts';
import { PreparedDocuments } from './prepared-documents.ts';
import { referenceOf } from './reference-of.ts';
import { selectReferences } from './select-references.ts';
import { selectionScores } from './selection-scores.ts';

export interface ReferencesRequest {
  readonly question: string;
  /** The question in the language of most documents, where that is another. */
  readonly translation?: string | null | undefined;
  readonly freshness?: Freshness | undefined;
  readonly documents: readonly Document[];
  readonly maxReferences: number;
  /** The questions it is made of, each by itself; each gets a reference of its own where there is one. */
  readonly parts?: readonly string[] | undefined;
  /** How much evidence the question deserves; default: what one fact needs. */
  readonly breadth?: EvidenceBreadth | undefined;
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
/** Of all references together, where nothing else is said: five passages of the longest kind. */
const MOST_WORDS = 600;
/** References of one page for one fact. */
const MOST_PER_PAGE = 2;

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
  const judged = await judgeParts(
    call.question,
    call.parts ?? [],
    passages.map(({ document, headingPath, text }) => ({
      title: document.title,
      headings: headingPath.join(' '),
      text,
    })),
    models,
    { ...options, translation: call.translation, memo: prepared.counts },
  );
  const { evidence, scores } = judged.whole;
  const {
    references: most,
    words,
    whole,
  } = call.breadth ?? { references: call.maxReferences, words: MOST_WORDS, whole: false };
  const valuesOf = (of: readonly PassageScore[]): number[] =>
    selectionScores(
      passages.map(({ index }, at) => ({
        document: index,
        bm25: of[at]?.bm25 ?? 0,
        score: of[at]?.score ?? 0,
      })),
      whole,
    );
  const lists = [judged.whole, ...judged.parts].map((one) => valuesOf(one.scores));
  const chosen = selectReferences(
    passages.map(({ index, text, document }, at) => ({
      document: index,
      text,
      words: countWords(text),
      publishedAt: document.publishedAt,
      scores: lists.map((values) => values[at] ?? 0),
    })),
    {
      maxReferences: Math.min(call.maxReferences, most),
      maxWords: words,
      join: whole,
      mostPerPage: whole ? most : MOST_PER_PAGE,
      recent: evidence.question.recent,
      freshness: call.freshness,
    },
  );
  const result = chosen.map((choice, place) =>
    referenceOf(choice, place + 1, passages, judged.together),
  );
  const ranked = passages
    .map((passage, at) => ({ passage, part: scores[at], at }))
    .sort((a, b) => (b.part?.score ?? 0) - (a.part?.score ?? 0) || a.at - b.at);
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
    answerability: judged.together.answerability,
    timings: {
      load: 0,
      segment: segmented - began,
      evidence: done - segmented,
      embed: evidence.embedMs,
      read: judged.together.crossEncoderMs,
      total: done - began,
    },
  };
}
