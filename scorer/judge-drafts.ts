/** Cite, compose, score, select: the whole way from drafts to the chosen answer, in one call. */
import type { Draft, Reference, ScoredAnswer } from '../src/core/nouns.ts';
import { citePrepared } from './citation/cite.ts';
import { prepareReferences } from './citation/prepared-reference.ts';
import type { LooseSentence } from './citation/assemble.ts';
import { composeAnswers } from './selection/compose.ts';
import { reportDisagreement } from './disagree/disagreement.ts';
import { leadWithNewestVersion } from './disagree/newest-version.ts';
import { select, type SelectReason } from './selection/select.ts';
import type { CrossEncoder } from '../src/runtime/cross-encoder/cross-encoder.ts';
import { profileOf } from './support/text-profile.ts';
import { SecondOpinions } from './support/second-opinion.ts';

export interface JudgeInput {
  readonly question: string;
  readonly drafts: readonly Draft[];
  readonly references: readonly Reference[];
  /** 0..1 from the ranker, null where unknown. */
  readonly answerability: number | null;
  /** Pages that were read for the question. */
  readonly pages: number;
  readonly language: string;
}

export interface Judgement {
  /** The best supported answer, even when `abstained` for want of answerability; else null. */
  readonly best: ScoredAnswer | null;
  /** All supported candidates, composed from the drafts, best first. */
  readonly candidates: readonly ScoredAnswer[];
  readonly abstained: boolean;
  readonly reason: SelectReason;
  /** 0..1: that the references hold an answer, calibrated; null where the ranking believes nothing. */
  readonly confidence: number | null;
  /** What the sources say against the premise of a question that is not answered; null: nothing. */
  readonly premise: LooseSentence | null;
}

/** What the cross-encoder is asked about one answer at most: some 8 ms a pair. */
const MOST_PAIRS = 4;

/**
 * The judgement with the cross-encoder's say on the pairs of sentence and quote where it can change a verdict.
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function judgeWithCrossEncoder(
  input: JudgeInput,
  crossEncoder: Pick<CrossEncoder, 'support'>,
  options: { readonly signal: AbortSignal },
): Promise<Judgement> {
  const opinions = new SecondOpinions();
  const first = judgeDrafts(input, opinions);
  const pairs = opinions.wanted(MOST_PAIRS);
  if (pairs.length === 0) return first;
  for (const pair of pairs) {
    opinions.learn(pair, await crossEncoder.support(pair.claim, pair.text, options));
  }
  return judgeDrafts(input, opinions);
}

/** Pure and synchronous; call it in a child process. `opinions`: what the cross-encoder said before. */
export function judgeDrafts(input: JudgeInput, opinions?: SecondOpinions): Judgement {
  const { question, references, answerability, pages, language } = input;
  const prepared = prepareReferences(references);
  const cited = input.drafts
    .map((draft) => citePrepared(draft, prepared, { question, language, opinions }))
    .filter(({ sentences }) => sentences.length > 0);
  const candidates = composeAnswers(cited, references, profileOf(question));
  const selection = select(candidates, { question, references, answerability, pages, language });
  const { best } = selection;
  return {
    best:
      best === null || selection.abstain
        ? best
        : {
            ...best,
            cited: leadWithNewestVersion(
              reportDisagreement(best.cited, references, question, language),
              references,
              question,
            ),
          },
    candidates: selection.ranked,
    abstained: selection.abstain,
    reason: selection.reason,
    confidence: selection.confidence,
    premise: selection.premise?.sentence ?? null,
  };
}
