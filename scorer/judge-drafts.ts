/** Cite, combine, score, select: the whole way from drafts to the chosen answer, in one call. */
import type { CitedAnswer, Draft, Reference, ScoredAnswer } from '../src/core/nouns.ts';
import { citePrepared } from './citation/cite.ts';
import { combine } from './citation/combine.ts';
import { prepareReferences } from './citation/prepared-reference.ts';
import { select, type SelectReason } from './selection/select.ts';

export interface JudgeInput {
  readonly question: string;
  readonly drafts: readonly Draft[];
  readonly references: readonly Reference[];
  /** 0..1 from the ranker, null where unknown. */
  readonly answerability: number | null;
  readonly language: string;
}

export interface Judgement {
  /** The best supported answer, even when `abstained` for want of answerability; else null. */
  readonly best: ScoredAnswer | null;
  /** All supported candidates, combined ones included, best first. */
  readonly candidates: readonly ScoredAnswer[];
  readonly abstained: boolean;
  readonly reason: SelectReason;
}

/** At most this many combined candidates are made from the direct drafts. */
const MOST_COMBINED = 4;

/** Pure and synchronous; call it in a child process. */
export function judgeDrafts(input: JudgeInput): Judgement {
  const { question, references, answerability, language } = input;
  const prepared = prepareReferences(references);
  const cited = input.drafts
    .map((draft) => citePrepared(draft, prepared, { question, language }))
    .filter(({ sentences }) => sentences.length > 0);
  const candidates: CitedAnswer[] = [];
  const seen = new Set<string>();
  const add = (candidate: CitedAnswer): void => {
    if (seen.has(candidate.answer)) return;
    seen.add(candidate.answer);
    candidates.push(candidate);
  };
  cited.forEach(add);
  const extractive = cited.filter(({ draft }) => draft.kind === 'extractive');
  const direct = cited.filter(({ draft }) => draft.kind === 'generated').slice(0, MOST_COMBINED);
  for (const lead of direct) {
    for (const evidence of extractive.slice(0, 1)) {
      const combined = combine(lead, evidence);
      if (combined !== null) add(combined);
    }
  }
  const selection = select(candidates, { question, references, answerability });
  return {
    best: selection.best,
    candidates: selection.ranked,
    abstained: selection.abstain,
    reason: selection.reason,
  };
}
