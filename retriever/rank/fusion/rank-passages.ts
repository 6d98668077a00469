/**
 * The cascade that both stages of ranking share: BM25F over all passages, sentences and their similarity
 * over the best few, then the cross-encoder over the best of those, and all of it put together.
 */
import { Bm25fIndex, type CountMemo, type Fields } from '../words/bm25f.ts';
import type { Embedder } from '../../../src/core/seams.ts';
import type { CrossEncoder, PairScores } from '../../../src/runtime/cross-encoder/cross-encoder.ts';
import { collectEvidence, type CollectedEvidence } from '../evidence/collect-evidence.ts';
import { denseRanks, isForeign } from '../dense/dense-ranks.ts';
import { rankOf } from '../evidence/evidence-features.ts';
import type { EvidenceModel } from '../evidence/evidence-model.ts';
import type { FusedPassage, FusionModel } from './fuse-scores.ts';
import { passageScores, type PassageScore } from './passage-scores.ts';
import { analyseQuestion } from '../words/question-words.ts';

/**
 * Passages that the cross-encoder looks at: two, one on each core, then two more and two more again unless those
 * leave no doubt. On unseen pages eight find nothing more than six (first place .900 English, .960 Chinese
 * with either; with four alone .893 and .960); beginning with two instead of four changed no figure (first
 * place, five, best sentence, answerability; 130 English questions) and reads 5.05 of 5.46 passages.
 */
const READ_STAGES = [2, 4, 6] as const;
const READ_PASSAGES = Math.max(...READ_STAGES);
/** Log-odds that the likeliest passage holds the answer, and its lead in relevance, that leave no doubt. */
const SURE = { answerable: 1.5, lead: 2 };
/** Chosen by a translation's words. */
const READ_TRANSLATED = 8;
const READ_FOREIGN = 16;
/** Of those that similarity chooses, where the words of a translation choose too. */
const READ_BESIDE_TRANSLATION = 6;
/** Sentences that are embedded: beside the cross-encoder some two dozen say as much as twice as many (measured). */
const EMBEDDED_WITH_CROSS_ENCODER = 28;

export interface RankModels {
  /** null: words alone. */
  readonly embedder: Embedder | null;
  readonly evidence: Pick<EvidenceModel, 'probabilities' | 'answerability'>;
  /** null: no cross-encoder. */
  readonly rerank: {
    readonly crossEncoder: Pick<CrossEncoder, 'scorePairs'>;
    readonly fusion: FusionModel;
  } | null;
}

export interface JudgedPassages {
  readonly evidence: CollectedEvidence;
  /** One for each passage, in their order; `score` orders them. */
  readonly scores: readonly PassageScore[];
  /** One for each candidate sentence: the probability that it holds the answer. */
  readonly probabilities: readonly number[];
  /** 0..1: do the passages hold an answer? */
  readonly answerability: number;
  /** What the cross-encoder said, by passage. */
  readonly pairScores: ReadonlyMap<number, PairScores>;
  /** Milliseconds that the cross-encoder took. */
  readonly crossEncoderMs: number;
}

export interface JudgeOptions {
  readonly signal: AbortSignal;
  /**
   * The question in the passages' language, where that is another: its words are looked for, the cross-encoder
   * reads the question as it was asked.
   */
  readonly translation?: string | null | undefined;
  /** Terms of the passages that were counted before. */
  readonly memo?: CountMemo | undefined;
  /** Passages that the cross-encoder reads at most, where words can choose; default 6. */
  readonly mostPairs?: number | undefined;
}

/** @throws FootnoteError `cancelled`, `timeout` */
export async function judgePassages(
  question: string,
  passages: readonly Fields[],
  models: RankModels,
  options: JudgeOptions,
): Promise<JudgedPassages> {
  // Words find nothing across scripts: similarity chooses what is looked at, and what is read.
  const foreign =
    models.embedder !== null && isForeign(question, passages)
      ? await denseRanks(question, passages, models.embedder, options)
      : undefined;
  const translation = foreign === undefined ? null : (options.translation ?? null);
  const evidence = await collectEvidence(translation ?? question, passages, models.embedder, {
    signal: options.signal,
    memo: options.memo,
    ranks:
      foreign === undefined || translation === null
        ? foreign
        : eitherRanks(wordRanks(translation, passages, options.memo), foreign),
    ...(models.rerank === null
      ? {}
      : { limits: { passages: 20, sentences: EMBEDDED_WITH_CROSS_ENCODER } }),
  });
  const words = models.evidence.probabilities(evidence);
  const base = passageScores(evidence, words);
  const answerability = passages.length === 0 ? 0 : models.evidence.answerability(evidence, words);
  if (models.rerank === null || passages.length === 0) {
    const pairScores = new Map<number, PairScores>();
    return {
      evidence,
      scores: base,
      probabilities: words,
      answerability,
      pairScores,
      crossEncoderMs: 0,
    };
  }
  const { crossEncoder, fusion } = models.rerank;
  const began = performance.now();
  const places = base.map((_, at) => at);
  const byWords = places.toSorted((a, b) => (base[b]?.score ?? 0) - (base[a]?.score ?? 0) || a - b);
  const byLikeness = places.toSorted((a, b) => (foreign?.[a] ?? 0) - (foreign?.[b] ?? 0));
  const chosen =
    foreign === undefined
      ? byWords.slice(0, READ_PASSAGES)
      : translation === null
        ? byLikeness.slice(0, READ_FOREIGN)
        : [
            ...new Set([
              ...byWords.slice(0, READ_TRANSLATED),
              ...byLikeness.slice(0, READ_BESIDE_TRANSLATION),
            ]),
          ];
  const pairScores = new Map<number, PairScores>();
  const read = async (some: readonly number[]): Promise<void> => {
    const pairs = some.map((at) => {
      const { title = '', text = '' } = passages[at] ?? {};
      return { question, title, text };
    });
    const said = await crossEncoder.scorePairs(pairs, options);
    some.forEach((at, place) => pairScores.set(at, said[place] as PairScores));
  };
  if (foreign === undefined) {
    let done = 0;
    for (const stage of READ_STAGES) {
      if (stage > (options.mostPairs ?? READ_PASSAGES)) break;
      await read(chosen.slice(done, stage));
      done = stage;
      if (isSure([...pairScores.values()])) break;
    }
  } else await read(chosen);
  const crossEncoderMs = performance.now() - began;
  const fusedPassages = base.map(({ score }, at): FusedPassage => ({
    // Across scripts the words only add noise.
    base: foreign === undefined || translation !== null ? score : 0,
    pair: pairScores.get(at) ?? null,
  }));
  const scores = fusion.passages(fusedPassages);
  const sentences = evidence.candidates.map(({ passage, start, end }, at) => ({
    passage,
    probability: words[at] ?? 0,
    mass: startMass(pairScores.get(passage), start, end),
  }));
  const probabilities = fusion.sentences(sentences, fusedPassages);
  const holds = passageScores(evidence, probabilities);
  return {
    evidence,
    scores: holds.map((one, at) => ({ ...one, score: scores[at] ?? 0 })),
    probabilities,
    answerability: fusion.answerable(
      answerability,
      sentences,
      fusion.sentences(sentences, fusedPassages, 1),
      fusedPassages,
    ),
    pairScores,
    crossEncoderMs,
  };
}

/** @param pairScores of the passages that are best by words, the very best first */
function isSure(pairScores: readonly PairScores[]): boolean {
  const [best, second] = pairScores.toSorted((a, b) => b.relevance - a.relevance);
  if (best === undefined || best.answerable <= SURE.answerable) return false;
  return best === pairScores[0] || best.relevance - (second?.relevance ?? -Infinity) > SURE.lead;
}

/** Ranks (0 is best) by BM25F. */
function wordRanks(question: string, passages: readonly Fields[], memo?: CountMemo): number[] {
  return rankOf(new Bm25fIndex(passages, memo).scores(analyseQuestion(question).terms));
}

/** Ranks by whichever of two rankings puts a passage first. */
function eitherRanks(a: readonly number[], b: readonly number[]): number[] {
  return rankOf(a.map((rank, at) => -Math.min(rank, b[at] ?? rank)));
}

/** Probability that the answer begins between two offsets of the passage. */
function startMass(pair: PairScores | undefined, start: number, end: number): number {
  let mass = 0;
  pair?.tokenStarts.forEach((from, token) => {
    if (from >= start && from < end) mass += pair.startProbabilities[token] ?? 0;
  });
  return mass;
}
