/**
 * Picks the answer: support first, then directness and agreement with the evidence, then what people
 * would prefer; or abstains.
 */
import type { CitedAnswer, Reference, ScoredAnswer } from '../../src/core/nouns.ts';
import { countWords } from '../../src/core/tokens.ts';
import { preference } from '../preference/preference.ts';
import { sigmoid } from '../../src/core/boosted-trees.ts';
import { profileOf } from '../support/text-profile.ts';
import { AnswerableModel } from '../abstain/answerable-model.ts';
import { addedWords, directness } from './directness.ts';
import { lacksWanted } from './wanted-kind.ts';
import { contradictedPremise, type Premise } from '../abstain/premise.ts';

/** Least support of every sentence of an answer that is shown. */
const SUPPORTED_AT = 0.5;

/** What each part weighs in the score that `select` orders by. */
const SELECTION_WEIGHTS = {
  support: 1,
  directness: 1,
  agreement: 0.8,
  preference: 0.25,
  /** Taken off for each doubling of the length beyond 45 words. */
  length: 0.3,
} as const;

export type SelectReason =
  | 'answered'
  | 'unsupported'
  | 'unanswerable'
  | 'false-premise'
  | 'no-candidates';

export interface Selection {
  readonly best: ScoredAnswer | null;
  /** All supported candidates, best first. */
  readonly ranked: readonly ScoredAnswer[];
  readonly abstain: boolean;
  readonly reason: SelectReason;
  /** 0..1: that the references hold an answer, calibrated; null where the ranking believes nothing. */
  readonly confidence: number | null;
  /** What the sources say against the question's premise, where it is not answered. */
  readonly premise: Premise | null;
}

export interface SelectContext {
  readonly question: string;
  readonly references: readonly Reference[];
  /** 0..1: the ranker's belief that the references hold an answer; null where it has none. */
  readonly answerability: number | null;
  /** Pages that were read for the question. */
  readonly pages: number;
  /** BCP 47 primary subtag of the answer; default English. */
  readonly language?: string | undefined;
}

let model: AnswerableModel | undefined;

/**
 * Orders candidates and decides whether to answer. `best` is set even when `abstain` is true for want
 * of answerability, so that a caller may show it as doubtful.
 */
export function select(candidates: readonly CitedAnswer[], context: SelectContext): Selection {
  const { question, references, answerability } = context;
  model ??= new AnswerableModel();
  const confidence =
    answerability === null
      ? null
      : model.probability(question, references, answerability, context.pages);
  const contradicted = contradictedPremise(question, references, context.language ?? 'en');
  const withheld = (
    reason: SelectReason,
    best: ScoredAnswer | null = null,
    ranked: readonly ScoredAnswer[] = [],
  ): Selection => ({ best, ranked, abstain: true, reason, confidence, premise: contradicted });
  if (candidates.length === 0) return withheld('no-candidates');
  const supported = candidates.filter(
    ({ sentences, support }) => sentences.length > 0 && support >= SUPPORTED_AT,
  );
  const asked = profileOf(question);
  const added = supported.map((cited) =>
    addedWords(profileOf(cited.sentences.map(({ text }) => text).join(' ')), asked),
  );
  const votes = evidenceVotes(references, supported, added, question);
  const preferences = supported.map((cited) =>
    preference({ question, answer: cited.sentences.map(({ text }) => text).join(' '), references }),
  );
  const middle =
    preferences.reduce((sum, value) => sum + value, 0) / Math.max(1, preferences.length);
  const ranked = supported
    .map((cited, index): ScoredAnswer => {
      const words = countWords(cited.sentences.map(({ text }) => text).join(' '));
      const value = preferences[index] ?? 0;
      return {
        cited,
        preference: value,
        score:
          SELECTION_WEIGHTS.support * cited.support +
          SELECTION_WEIGHTS.directness * directness(cited, question, references) +
          SELECTION_WEIGHTS.agreement * (votes[index] ?? 0) +
          SELECTION_WEIGHTS.preference * sigmoid(value - middle) -
          SELECTION_WEIGHTS.length * Math.max(0, Math.log2(words / 45)),
      };
    })
    .sort((a, b) => b.score - a.score);
  const best = ranked[0] ?? null;
  if (best === null) return withheld('unsupported', best, ranked);
  if (lacksWanted(question, best.cited.sentences.map(({ text }) => text).join(' ')))
    return withheld('unanswerable', best, ranked);
  if (confidence !== null && confidence < model.threshold(question))
    return withheld('unanswerable', best, ranked);
  if (contradicted?.exact === true) return withheld('false-premise', best, ranked);
  return { best, ranked, abstain: false, reason: 'answered', confidence, premise: null };
}

/**
 * 0..1 for each candidate: how much of what it adds to the question is also said by the ranker's best
 * evidence sentences (by their scores) and by the other drafts.
 */
function evidenceVotes(
  references: readonly Reference[],
  candidates: readonly CitedAnswer[],
  added: readonly ReadonlySet<string>[],
  question: string,
): number[] {
  const asked = profileOf(question);
  const evidence = references
    .flatMap((reference) => reference.evidence)
    .sort((a, b) => b.score - a.score)
    .slice(0, 5)
    .map(({ text, score }) => ({
      words: addedWords(profileOf(text), asked),
      weight: Math.max(0.05, score),
    }));
  return candidates.map((_, index) => {
    const mine = added[index] ?? new Set<string>();
    if (mine.size === 0) return 0;
    const voters = [
      ...evidence,
      ...added
        .filter((_, other) => other !== index)
        .map((words) => ({ words, weight: 0.5 / Math.max(1, added.length - 1) })),
    ];
    const total = voters.reduce((sum, { weight }) => sum + weight, 0);
    if (total === 0) return 0;
    let sum = 0;
    for (const { words, weight } of voters) {
      let shared = 0;
      for (const word of mine) if (words.has(word)) shared += 1;
      sum += weight * (shared / mine.size);
    }
    return sum / total;
  });
}
