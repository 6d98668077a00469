/**
 * Does one quote support one sentence on its own? The judge's probability under hard rules: no number,
 * date, unit or name that the quote (or its page's title) lacks, no clash of polarity, no exchanged
 * roles, and nearly all content words covered.
 */
import { coverage } from '../support/align.ts';
import { quantityClashes, roleClashes, substitutionClashes } from '../support/binding.ts';
import { namesOf, supportFacts, type Window } from '../support/features.ts';
import { antonymClashes, negationClashes } from '../support/polarity.ts';
import { checkQuantities } from '../support/quantities.ts';
import { knowsName, type TextProfile } from '../support/text-profile.ts';
import { supportProbability } from '../support/support.ts';
import type { SecondOpinions } from '../support/second-opinion.ts';

/** Least weighted share of a sentence's words that its quote (with the title) has to cover. */
const LEAST_COVERAGE = 0.72;
/** The same where the cross-encoder is sure as well. */
const LEAST_REWORDED = 0.45;
/** Least probability, by features and cross-encoder together, of a rewording. */
const REWORDED_AT = 0.65;

/** Quotes whose support is lower are no citations. */
export const CITE_AT = 0.5;

/** Words by which a quote takes back what it says; a sentence without them is not what it says. */
const TAKES_BACK =
  /\b(?:false|falsely|den(?:y|ies|ied)|alleg\w*|rumou?r\w*|myth|hoax|incorrect\w*|supposedly|hypothetical\w*|mistaken\w*|unless)\b|如果|假如|谣言|謠言|并非|並非|否认|否認|传说|傳說|误以为|誤以為|不实|不實|虚构|虛構/iu;

/**
 * 0..1; 0 as soon as one hard rule fails. `title` is the reference's title, which names the topic. With
 * `opinions` the cross-encoder has its say, and a rewording that keeps every exact fact may pass.
 */
export function quoteSupport(
  sentence: TextProfile,
  window: Window,
  title: TextProfile,
  opinions?: SecondOpinions,
): number {
  const quote = window.profile;
  const quantities = checkQuantities(sentence.quantities, [
    ...quote.quantities,
    ...title.quantities,
  ]);
  if (quantities.missing.length > 0) return 0;
  if (namesOf(sentence).some((name) => !knowsName(name, quote) && !knowsName(name, title)))
    return 0;
  if (negationClashes(sentence, quote) > 0 || antonymClashes(sentence, quote) > 0) return 0;
  if (quantityClashes(sentence, quote) > 0 || roleClashes(sentence, quote) > 0) return 0;
  if (TAKES_BACK.test(quote.text) && !TAKES_BACK.test(sentence.text)) return 0;
  if (substitutionClashes(sentence, quote) > 0) return 0;
  const ownWords = coverage(sentence, quote);
  const titleWords = coverage(sentence, title);
  let total = 0;
  let sum = 0;
  let run = 0;
  let longest = 0;
  sentence.tokens.forEach((token, index) => {
    const covered = Math.max(ownWords.covered[index] ?? 0, titleWords.covered[index] ?? 0);
    total += token.weight;
    sum += token.weight * covered;
    if (token.weight < 0.2) return;
    run = covered < 0.5 ? run + token.weight : 0;
    longest = Math.max(longest, run);
  });
  const share = total === 0 ? 0 : sum / total;
  // Two uncovered content words in a row are new content, whatever surrounds them.
  const reworded = share < LEAST_COVERAGE || longest > 2.1;
  if (reworded && (opinions === undefined || share < LEAST_REWORDED)) return 0;
  // The title stands before the quote, as a reader of the page sees it.
  const facts = supportFacts(sentence, [
    {
      text: quote.text,
      whole: quote,
      sentences: [{ start: 0, end: quote.text.length, profile: quote }],
    },
  ]);
  const own = supportProbability(facts);
  const named = title.text === '' ? quote.text : `${title.text}: ${quote.text}`;
  const pair = { claim: sentence.text, text: named };
  const probability = opinions?.join(pair, own) ?? own;
  if (reworded) {
    // Words alone never pass a rewording, only words and the cross-encoder together.
    return opinions?.knows(pair) === true && probability >= REWORDED_AT ? probability : 0;
  }
  return Math.min(0.99, 0.5 * probability + 0.5 * share);
}
