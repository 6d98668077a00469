/**
 * The checker: does a claim follow from the references? Words, exact facts, rules and the cross-encoder
 * give features; two small fitted models weigh them (all of it follows; its main statement does); rules
 * stand above both: a number, date, name or code word that no reference has, and a sentence that says the
 * opposite, are never let through.
 */
import { z } from 'zod';
import { sigmoid } from '../../src/core/boosted-trees.ts';
import type { Claim, SupportVerdict, Verdict } from '../../src/core/seams.ts';
import type { CrossEncoder } from '../../src/runtime/cross-encoder/cross-encoder.ts';
import { readFittedModel } from '../../src/runtime/fitted-model.ts';
import {
  CHECKER_FEATURES,
  type PreparedReferences,
  checkedFacts,
  checkerFeatures,
  type CheckedFacts,
} from './checker-features.ts';
import { isNoClaim } from './no-claim.ts';
import { speaksAnother } from './speaks-another.ts';
import { claimText, evidenceOf, supportProbability } from './support.ts';
import type { SupportFacts } from './features.ts';
import { profileOf } from './text-profile.ts';

const linearSchema = z.strictObject({ bias: z.number(), weights: z.array(z.number()) });
const schema = z.strictObject({
  features: z.array(z.string()),
  supported: linearSchema,
  main: linearSchema,
  across: linearSchema,
});

type Linear = z.infer<typeof linearSchema>;
/** Logistic models over the same features. */
export interface CheckerModel {
  readonly supported: Linear;
  readonly main: Linear;
  /** For a claim in another language than its evidence: words say nothing then, the cross-encoder does. */
  readonly across: Linear;
}
let fitted: CheckerModel | undefined;

/**
 * Weights as `eval/lab/checker/fit-checker.ts` wrote them; read once.
 * @throws FootnoteError `model-invalid` when they are not of these features
 */
function model(): CheckerModel {
  fitted ??= readFittedModel('scorer/support/checker-weights.json', schema, (file) => [
    {
      fitted: file.features,
      own: CHECKER_FEATURES,
      weights: [file.supported.weights, file.main.weights, file.across.weights],
    },
  ]);
  return fitted;
}

/** Support from which a claim is `supported`, and main statement from which it is `partly`. */
const SUPPORTED_AT = 0.5;
const PARTLY_AT = 0.5;
/** The most that is left where a rule speaks against the claim. */
const MOST_CONTRADICTED = 0.05;
const MOST_WITH_MISSING_FACT = 0.25;
const MOST_WITH_MORE_SAID = 0.4;

const NO_SUPPORT = { support: 0, attributable: false, evidence: [] };

/**
 * @param across claim and evidence are in different languages
 * @returns probabilities, 0..1, before the rules: all of it follows; its main statement does
 */
export function checkerProbabilities(
  features: readonly number[],
  across: boolean,
  given: CheckerModel = model(),
): { readonly supported: number; readonly main: number } {
  return {
    supported: sigmoid(dot(across ? given.across : given.supported, features)),
    main: sigmoid(dot(across ? given.across : given.main, features)),
  };
}

function dot({ bias, weights }: Linear, features: readonly number[]): number {
  return features.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), bias);
}

/** The verdict from the probabilities and the rules. */
export function verdictOf(
  probabilities: { readonly supported: number; readonly main: number },
  {
    facts,
    clashes,
    codeMissing,
  }: Pick<CheckedFacts, 'clashes' | 'codeMissing'> & {
    readonly facts: Pick<SupportFacts, 'factMissing' | 'quantityMissing'>;
  },
  across = false,
): { readonly verdict: Verdict; readonly support: number } {
  const contradicted = clashes.some(({ contradicts }) => contradicts);
  // A name may be written otherwise in another language; a number may not.
  const missing = across ? facts.quantityMissing : facts.factMissing;
  const support = Math.min(
    probabilities.supported,
    contradicted ? MOST_CONTRADICTED : 1,
    missing || codeMissing > 0 ? MOST_WITH_MISSING_FACT : 1,
    clashes.length > 0 ? MOST_WITH_MORE_SAID : 1,
  );
  if (contradicted) return { verdict: 'contradicted', support };
  if (support >= SUPPORTED_AT) return { verdict: 'supported', support };
  return { verdict: probabilities.main >= PARTLY_AT ? 'partly' : 'unsupported', support };
}

/** Log-odds of a probability, kept within what 0.01 and 0.99 give. */
export function boundedOdds(probability: number): number {
  const bounded = Math.min(0.99, Math.max(0.01, probability));
  return Math.log(bounded / (1 - bounded));
}

/**
 * The verdict on a sentence that a model wrote to answer a question.
 * @throws FootnoteError `cancelled`, `timeout`
 */
export async function checkWritten(
  { claim: given, question }: Claim,
  prepared: PreparedReferences,
  crossEncoder: Pick<CrossEncoder, 'supportOdds'>,
  options: { readonly signal: AbortSignal },
): Promise<SupportVerdict> {
  const text = claimText(given);
  const claim = profileOf(text);
  if (isNoClaim(text, claim.tokens.length)) return { verdict: 'no-claim', ...NO_SUPPORT };
  if (prepared.profiles.every(({ sentences }) => sentences.length === 0)) {
    return { verdict: 'unsupported', ...NO_SUPPORT };
  }
  const checked = checkedFacts(claim, prepared);
  const features = checkerFeatures(claim, prepared, checked, {
    wordModel: boundedOdds(supportProbability(checked.facts)),
    question: question === undefined ? null : profileOf(question),
    crossEncoder: await crossEncoder.supportOdds(text, checked.evidence.text, options),
  });
  const across = await speaksAnother(text, checked.evidence);
  const { verdict, support } = verdictOf(checkerProbabilities(features, across), checked, across);
  return {
    verdict,
    support,
    attributable: verdict === 'supported',
    evidence: evidenceOf(claim, checked.facts),
  };
}
