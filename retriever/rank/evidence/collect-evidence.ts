/**
 * From a question and passages to candidate sentences with features: BM25F over all passages, then the
 * sentences of the best few, then the similarity of those that share most with the question. Only some
 * dozens of sentences are ever embedded.
 */
import { splitSentences } from '../../../src/core/sentences.ts';
import { tokenize } from '../../../src/core/tokens.ts';
import type { Embedder } from '../../../src/core/seams.ts';
import { dot } from '../../../src/runtime/e5/dot.ts';
import { Bm25fIndex, type CountMemo, type Fields } from '../words/bm25f.ts';
import {
  candidateSentence,
  evidenceFeatures,
  rankOf,
  sentenceCoverage,
  spread,
} from './evidence-features.ts';
import type { CandidateSentence } from './candidate-sentence.ts';
import { analyseQuestion, type QuestionWords } from '../words/question-words.ts';
import type { EvidenceVectors } from './relative-features.ts';

export interface CollectLimits {
  /** Passages whose sentences are looked at. */
  readonly passages: number;
  /** Sentences that are embedded. */
  readonly sentences: number;
}

const DEFAULT_LIMITS: CollectLimits = { passages: 20, sentences: 44 };

export interface CollectedEvidence {
  readonly question: QuestionWords;
  readonly index: Bm25fIndex;
  /** BM25F of every passage, in their order. */
  readonly bm25: readonly number[];
  readonly bm25Z: readonly number[];
  /** Share of the question's idf mass in each passage, title and headings included. */
  readonly coverage: readonly number[];
  readonly candidates: readonly CandidateSentence[];
  readonly similarities: readonly number[] | null;
  readonly vectors: EvidenceVectors | null;
  /** Rows of `FEATURE_NAMES`, one a candidate. */
  readonly rows: readonly Float64Array[];
  /** Milliseconds that the embedder took. */
  readonly embedMs: number;
}

/** What a sentence is embedded as: its title tells what "it" is. */
const embeddedText = (title: string, sentence: string): string =>
  title === '' ? sentence : `${title}: ${sentence}`;

/**
 * @param embedder null: lexical features only
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function collectEvidence(
  questionText: string,
  passages: readonly Fields[],
  embedder: Embedder | null,
  options: {
    readonly signal: AbortSignal;
    readonly limits?: CollectLimits;
    readonly memo?: CountMemo | undefined;
    /** Ranks (0 is best) of the passages whose sentences are looked at, where words can't tell. */
    readonly ranks?: readonly number[] | undefined;
  },
): Promise<CollectedEvidence> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  const question = analyseQuestion(questionText);
  const index = new Bm25fIndex(passages, options.memo);
  const bm25 = index.scores(question.terms);
  const { mean, deviation } = spread(bm25);
  const bm25Z = bm25.map((score) => (deviation === 0 ? 0 : (score - mean) / deviation));
  const bm25Rank = rankOf(bm25);
  const coverage = passages.map((_, at) => index.coverage(question.terms, at, true));
  const ranks = options.ranks ?? bm25Rank;
  const candidates = preselect(question, index, passages, bm25, ranks, limits);
  const began = performance.now();
  const vectors =
    embedder === null || candidates.length === 0
      ? null
      : await vectorsOf(questionText, passages, candidates, embedder, options.signal);
  const embedMs = vectors === null ? 0 : performance.now() - began;
  const similarities = vectors?.sentences.map((vector) => dot(vectors.question, vector)) ?? null;
  const titleTokens = new Map<number, ReadonlySet<string>>();
  for (const { passage } of candidates) {
    if (titleTokens.has(passage)) continue;
    const heading = `${passages[passage]?.title ?? ''} ${passages[passage]?.headings ?? ''}`;
    const tokens = tokenize(heading, { stem: true }).flatMap(({ text }, at, all) => {
      const next = all[at + 1];
      return next?.unspaced === true ? [text, text + next.text] : [text];
    });
    titleTokens.set(passage, new Set(tokens));
  }
  const rows = evidenceFeatures(candidates, {
    question,
    questionText,
    index,
    passageZ: bm25Z,
    passageRank: bm25Rank,
    passageCoverage: coverage,
    titleTokens,
    similarities,
    vectors,
  });
  return {
    question,
    index,
    bm25,
    bm25Z,
    coverage,
    candidates,
    similarities,
    vectors,
    rows,
    embedMs,
  };
}

/** The sentences of the best passages that share most with the question, in passage order. */
function preselect(
  question: QuestionWords,
  index: Bm25fIndex,
  passages: readonly Fields[],
  bm25: readonly number[],
  bm25Rank: readonly number[],
  limits: CollectLimits,
): CandidateSentence[] {
  const all: { readonly candidate: CandidateSentence; readonly score: number }[] = [];
  const best = Math.max(1e-9, ...bm25);
  passages.forEach((passage, at) => {
    const rank = bm25Rank[at] ?? 0;
    if (rank >= limits.passages) return;
    splitSentences(passage.text).forEach(({ start, end }, place, spans) => {
      const text = passage.text.slice(start, end);
      const last = spans[place - 1];
      const before = last === undefined ? '' : passage.text.slice(last.start, last.end);
      const candidate = candidateSentence(at, place, start, text, before);
      if (candidate.tokens.size < 3) return;
      const set = new Set(candidate.terms);
      const shared = sentenceCoverage(question, index, (term) => set.has(term));
      const passageShare = (bm25[at] ?? 0) / best;
      all.push({ candidate, score: shared + passageShare + 0.4 / (1 + rank) - 0.01 * place });
    });
  });
  return all
    .sort((a, b) => b.score - a.score)
    .slice(0, limits.sentences)
    .map(({ candidate }) => candidate)
    .sort((a, b) => a.passage - b.passage || a.place - b.place);
}

async function vectorsOf(
  question: string,
  passages: readonly Fields[],
  candidates: readonly CandidateSentence[],
  embedder: Embedder,
  signal: AbortSignal,
): Promise<EvidenceVectors> {
  const [asked] = await embedder.embed([question], { kind: 'query', signal });
  const sentences = await embedder.embed(
    candidates.map(({ passage, text }) => embeddedText(passages[passage]?.title ?? '', text)),
    { kind: 'passage', signal },
  );
  return { question: asked as Float32Array, sentences };
}
