/**
 * A question of several parts: the passages are judged for the question as a whole and for each part, so
 * that each part's best passage is found even where the whole question's words all point elsewhere.
 */
import type { CollectedEvidence } from '../evidence/collect-evidence.ts';
import type { Fields } from '../words/bm25f.ts';
import {
  judgePassages,
  type JudgedPassages,
  type JudgeOptions,
  type RankModels,
} from './rank-passages.ts';

/** Pairs that the cross-encoder reads for one part: fewer than for a question by itself. */
const PAIRS_A_PART = 4;

/** What is needed to make references of judged passages. */
export type Judged = Omit<JudgedPassages, 'evidence'> & {
  readonly evidence: Pick<CollectedEvidence, 'candidates'>;
};

/**
 * @param parts each stands by itself; empty: the question is one
 * @returns all of it put together, and what was said for each part
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function judgeParts(
  question: string,
  parts: readonly string[],
  passages: readonly Fields[],
  models: RankModels,
  options: JudgeOptions,
): Promise<{
  readonly whole: JudgedPassages;
  readonly parts: readonly JudgedPassages[];
  readonly together: Judged;
}> {
  const whole = await judgePassages(question, passages, models, options);
  const each: JudgedPassages[] = [];
  for (const part of parts) {
    // A translation is of the whole question.
    each.push(
      await judgePassages(part, passages, models, {
        ...options,
        translation: null,
        mostPairs: PAIRS_A_PART,
      }),
    );
  }
  return { whole, parts: each, together: each.length === 0 ? whole : merged([whole, ...each]) };
}

/** Each sentence and passage with the best that was said of it. */
function merged(all: readonly JudgedPassages[]): Judged {
  const sentences = new Map<string, { candidate: Candidate; probability: number }>();
  const pairScores = new Map<number, PairScores>();
  for (const one of all) {
    one.evidence.candidates.forEach((candidate, at) => {
      const key = `${candidate.passage}:${candidate.start}`;
      const probability = one.probabilities[at] ?? 0;
      if (probability > (sentences.get(key)?.probability ?? -1)) {
        sentences.set(key, { candidate, probability });
      }
    });
    for (const [at, pair] of one.pairScores) {
      if (pair.answerable > (pairScores.get(at)?.answerable ?? -Infinity)) pairScores.set(at, pair);
    }
  }
  const [whole, ...parts] = all;
  const values = [...sentences.values()];
  const leastOfParts = Math.min(...parts.map(({ answerability }) => answerability));
  return {
    evidence: { candidates: values.map(({ candidate }) => candidate) },
    probabilities: values.map(({ probability }) => probability),
    scores: (whole?.scores ?? []).map((score, at) => ({
      ...score,
      evidence: Math.max(...all.map(({ scores }) => scores[at]?.evidence ?? 0)),
    })),
    answerability: Math.max(whole?.answerability ?? 0, leastOfParts),
    pairScores,
    crossEncoderMs: all.reduce((sum, one) => sum + one.crossEncoderMs, 0),
  };
}

type Candidate = CollectedEvidence['candidates'][number];
type PairScores = NonNullable<ReturnType<JudgedPassages['pairScores']['get']>>;
