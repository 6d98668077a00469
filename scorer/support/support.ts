/**
 * The support judge: do the references entail the claim? Aligned words and exact facts make features,
 * a small calibrated model weighs them, and one rule stands above it: a number, date or proper name
 * that no evidence holds is never let through.
 */
import { z } from 'zod';
import {
  evaluateTrees,
  isTree,
  sigmoid,
  type BoostedTrees,
  type TreeNode,
} from '../../src/core/boosted-trees.ts';
import type { SupportVerdict, Verdict } from '../../src/core/seams.ts';
import { readFittedModel } from '../../src/runtime/fitted-model.ts';
import { stripMarks } from '../citation/citation-marks.ts';
import { coverage } from './align.ts';
import {
  profileReference,
  SUPPORT_FEATURES,
  supportFacts,
  type ReferenceProfile,
  type SupportFacts,
} from './features.ts';
import { isNoClaim } from './no-claim.ts';
import { clashesOf } from './clashes.ts';
import { profileOf, type TextProfile } from './text-profile.ts';
import { SecondOpinions } from './second-opinion.ts';

let weights: BoostedTrees | undefined;

const weightsSchema = z.strictObject({
  features: z.array(z.string()),
  base: z.number(),
  trees: z.array(z.custom<TreeNode>((value) => isTree(value, SUPPORT_FEATURES.length))),
});

/**
 * Weights as `eval/lab/support/train-support.ts` wrote them; read once.
 * @throws FootnoteError `model-invalid` when they are not of these features
 */
function model(): BoostedTrees {
  weights ??= readFittedModel('scorer/support/support-weights.json', weightsSchema, (file) => [
    { fitted: file.features, own: SUPPORT_FEATURES },
  ]);
  return weights;
}

/** Support under which a verdict is `attributable: false`. */
const ATTRIBUTABLE_AT = 0.5;

/** 0..1, the model's probability for these facts, without the rule about exact facts. */
export function supportProbability(facts: SupportFacts): number {
  return sigmoid(evaluateTrees(model(), facts.features));
}

const BULLET = /^(?:\d{1,2}[.)]|[-*•–])\s+(?=[\p{L}`*])/u;
/** Whose words they are, said by the answer: no part of the claim. */
const INTRODUCTION =
  /^(?:according to (?:(?:the|these) )?(?:information (?:provided|given) (?:in|by) (?:the )?)?(?:(?:given|provided|first|second|third|fourth) )?(?:sources?|references?|texts?|passages?|documents?)(?:[ ,]+(?:\d+|and))*|(?:the|these) (?:(?:given|provided|first|second|third|fourth) )?(?:sources?|references?|texts?) (?:say|state|mention|indicate|suggest|show)s?(?: that)?|(?:根据|根據|依据|依據|据|據)(?:所?提供的)?(?:资料|資料|来源|來源|参考资料|參考資料|文章|信息)(?:显示|顯示|所述)?)\s*[,，:：]?\s*(?=\S)/iu;

/**
 * A claim as it is judged: without citation marks, the number or bullet of a list, and "according to the
 * sources".
 */
export function claimText(claim: string): string {
  return stripMarks(claim).text.trim().replace(BULLET, '').replace(INTRODUCTION, '');
}

/** What is left of a claim that the evidence denies, or that says more than it. */
const CONTRADICTED_SUPPORT = 0.05;
const PARTLY_SUPPORT = 0.35;
/** Support from which the main statement is thought to follow. */
const PARTLY_AT = 0.25;

/**
 * Judges a claim against texts; `[n]` marks in the claim are ignored. Evidence offsets index the
 * given texts (UTF-16). Time is linear in the texts, which are cut at 40,000 characters each.
 */
export function support(
  claim: string,
  references: readonly (string | ReferenceProfile)[],
  opinions?: SecondOpinions,
): SupportVerdict {
  const text = claimText(claim);
  const profile = profileOf(text);
  const texts = references.map((one) => (typeof one === 'string' ? profileReference(one) : one));
  const nothing = { support: 0, attributable: false, evidence: [] };
  if (isNoClaim(text, profile.tokens.length)) return { verdict: 'no-claim', ...nothing };
  if (texts.every(({ sentences }) => sentences.length === 0)) {
    return { verdict: 'unsupported', ...nothing };
  }
  const facts = supportFacts(profile, texts);
  const own = supportProbability(facts);
  const pair = { claim: text, text: texts.map((one) => one.text).join('\n\n') };
  const clashes = clashesOf(
    profile,
    facts.windows.filter(({ sentences }) => sentences === 1),
  );
  const contradicted = clashes.some(({ contradicts }) => contradicts);
  // No opinion can let a missing fact or a clash through, so none is asked for.
  const most = contradicted
    ? CONTRADICTED_SUPPORT
    : facts.factMissing
      ? ATTRIBUTABLE_AT / 2
      : clashes.length > 0
        ? PARTLY_SUPPORT
        : 1;
  const value = most < 1 ? Math.min(own, most) : (opinions?.join(pair, own) ?? own);
  const verdict = contradicted ? 'contradicted' : verdictOf(value, facts);
  return {
    verdict,
    support: value,
    attributable: verdict === 'supported',
    evidence: evidenceOf(profile, facts),
  };
}

function verdictOf(value: number, facts: SupportFacts): Verdict {
  if (value >= ATTRIBUTABLE_AT) return 'supported';
  return value >= PARTLY_AT && !facts.factMissing ? 'partly' : 'unsupported';
}

/** The smallest set of windows that covers what can be covered: each further one has to add to it. */
export function evidenceOf(claim: TextProfile, facts: SupportFacts): SupportVerdict['evidence'] {
  const first = facts.windows[0];
  if (first === undefined || first.share < 0.15) return [];
  const chosen = [first];
  let text = first.profile.text;
  let share = first.share;
  for (const window of facts.windows.slice(1)) {
    if (chosen.length === 3) break;
    const overlaps = chosen.some(
      (other) =>
        other.reference === window.reference &&
        other.start < window.end &&
        other.end > window.start,
    );
    if (overlaps) continue;
    const joined = `${text}\n${window.profile.text}`;
    const { share: together } = coverage(claim, profileOf(joined));
    if (together < share + 0.12) continue;
    chosen.push(window);
    text = joined;
    share = together;
  }
  return chosen.map(({ reference, start, end }) => ({ reference, start, end }));
}
