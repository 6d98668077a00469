/**
 * What the checker weighs: words and exact facts (`features.ts`), rules (`clashes.ts`, `code-facts.ts`),
 * what the claim adds of its own, and what the cross-encoder says; the order is that of the weights file.
 */
import { coverage } from './align.ts';
import { clashesOf, type Clash } from './clashes.ts';
import { missingCode } from './code-facts.ts';
import { composeEvidence, type ComposedEvidence, type EvidenceSource } from './compose-evidence.ts';
import {
  SUPPORT_FEATURES,
  supportFacts,
  type ReferenceProfile,
  type SupportFacts,
} from './features.ts';
import { profileOf, type TextProfile } from './text-profile.ts';

export const CHECKER_FEATURES = [
  'pairOrderWindow',
  'pairOrderWhole',
  'longestRun',
  'namesMissingWhole',
  'claimLength',
  'referenceLength',
  'windowSentences',
  'heaviestUncovered',
  'uncoveredRun',
  'wordModel',
  'composed',
  'leastClause',
  'echoed',
  'foreign',
  'neighboursTogether',
  'causeAdded',
  'superlativeAdded',
  'codeMissing',
  'contradicts',
  'saysMore',
  'crossEncoder',
] as const;

/** Those that `features.ts` computes. */
const FROM_WORDS = CHECKER_FEATURES.slice(0, 9).map((name) =>
  SUPPORT_FEATURES.findIndex((one) => one === name),
);

/** References read once, for many claims. */
export interface PreparedReferences {
  readonly profiles: readonly ReferenceProfile[];
  readonly sources: readonly EvidenceSource[];
  /** Titles and texts. */
  readonly whole: TextProfile;
}

export interface CheckedFacts {
  readonly facts: SupportFacts;
  readonly clashes: readonly Clash[];
  readonly evidence: ComposedEvidence;
  readonly codeMissing: number;
}

const CAUSE =
  /\b(?:because|due to|as a result|therefore|thus|hence|since|so that|caused by|leads? to|which means|in order to)\b|因为|因為|由于|由於|因此|所以|导致|導致|从而|從而/iu;
const SUPERLATIVE =
  /\b(?:most|best|worst|first|last|largest|biggest|smallest|highest|lowest|oldest|newest|latest|only|main|primary|all|every|always|never|any)\b|最|唯一|首次|首个|首個|所有|全部|始终|始終|从不|從不|主要/giu;
const CLAUSE =
  /[,;:，；：、]\s*|\s(?:and|but|while|because|which|so that|who|where|as well as|und|et|y)\s|并且|而且|但是|因为|因此/u;

/** Everything but the cross-encoder's part. */
export function checkedFacts(claim: TextProfile, prepared: PreparedReferences): CheckedFacts {
  const facts = supportFacts(claim, prepared.profiles, prepared.whole);
  const single = facts.windows.filter(({ sentences }) => sentences === 1);
  const texts = prepared.sources.map(({ text, title }) => `${title.text}\n${text}`);
  return {
    facts,
    clashes: clashesOf(claim, single),
    evidence: composeEvidence(claim, prepared.sources),
    codeMissing: missingCode(claim.text, texts),
  };
}

/**
 * @param given.wordModel log-odds by the model of words alone
 * @param given.question what was asked, read; null where it is not known
 * @param given.crossEncoder log-odds that the composed evidence supports the claim
 */
export function checkerFeatures(
  claim: TextProfile,
  prepared: PreparedReferences,
  checked: CheckedFacts,
  given: {
    readonly wordModel: number;
    readonly question: TextProfile | null;
    readonly crossEncoder: number;
  },
): number[] {
  const { facts, clashes, evidence, codeMissing } = checked;
  const { question } = given;
  const composed = profileOf(evidence.text);
  const { covered, share } = coverage(claim, composed);
  let echoed = 0;
  let foreign = 0;
  claim.tokens.forEach((token, index) => {
    if ((covered[index] ?? 0) >= 0.5) return;
    if (question?.words.has(token.text) === true) echoed += token.weight;
    else foreign += token.weight;
  });
  const added = [...claim.text.matchAll(SUPERLATIVE)].filter(
    ([word]) => !composed.text.toLowerCase().includes(word.toLowerCase()),
  );
  return [
    ...FROM_WORDS.map((at) => facts.features[at] ?? 0),
    given.wordModel,
    share,
    leastClause(claim, prepared),
    echoed,
    foreign,
    neighboursTogether(claim, prepared),
    CAUSE.test(claim.text) && !CAUSE.test(composed.text) ? 1 : 0,
    added.length,
    codeMissing > 0 ? 1 : 0,
    clashes.some(({ contradicts }) => contradicts) ? 1 : 0,
    clashes.some(({ contradicts }) => !contradicts) ? 1 : 0,
    given.crossEncoder,
  ];
}

/** Of the clause that is covered worst the share of its words that the best sentence for it has. */
function leastClause(claim: TextProfile, { profiles }: PreparedReferences): number {
  const parts = claim.text
    .split(CLAUSE)
    .map((part) => profileOf(part))
    .filter(({ weight }) => weight >= 1.5);
  const clauses = parts.length === 0 ? [claim] : parts;
  const best = (clause: TextProfile): number =>
    Math.max(
      0,
      ...profiles.flatMap(({ sentences }) =>
        sentences.map(({ profile }) => coverage(clause, profile).share),
      ),
    );
  return Math.min(...clauses.map((clause) => best(clause)));
}

/**
 * Share of the claim's neighbouring content words that stand together in one sentence somewhere: low where
 * parts of several things were put together.
 */
function neighboursTogether(claim: TextProfile, { profiles }: PreparedReferences): number {
  const content = claim.tokens.filter(({ weight }) => weight > 0.2);
  let pairs = 0;
  let together = 0;
  for (let index = 0; index + 1 < content.length; index += 1) {
    const [a, b] = [content[index]?.text ?? '', content[index + 1]?.text ?? ''];
    pairs += 1;
    const found = profiles.some(({ sentences }) =>
      sentences.some(({ profile }) => profile.words.has(a) && profile.words.has(b)),
    );
    if (found) together += 1;
  }
  return pairs === 0 ? 1 : together / pairs;
}
