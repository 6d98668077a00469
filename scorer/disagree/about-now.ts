import { foldHan } from '../../src/core/tokens.ts';

const NOW =
  /\b(?:latest|current(?:ly)?|newest|most recent(?:ly)?|nowadays|now|today|this (?:year|month|week)|at present|up to date|still)\b|最新|现在|目前|当前|如今|现任|今年|今天|最近|至今/iu;
const PRESENT = /^(?:[^\s]+\s+){1,6}?(?:is|are|does|do|has|have)\b/iu;
const PAST = /\b(?:was|were|did|had|been|ago|first|originally|used to)\b/iu;
const HAN_PAST =
  /曾|当时|首[任次届个]|第一|最初|原来|原名|成立[于時时]?|何时|什么时候|哪一?年|了[多几]/u;
const YEAR = /(?<!\d)(?:1\d|20)\d{2}(?!\d)/u;

/**
 * Is the question about how things are now? Said outright (`current`, 现任), or asked in the present tense
 * without a year.
 */
export function isAboutNow(question: string): boolean {
  const folded = foldHan(question);
  if (NOW.test(folded)) return true;
  if (YEAR.test(folded)) return false;
  if (/\p{Script=Han}/u.test(folded)) return !HAN_PAST.test(folded);
  return PRESENT.test(`${folded} `) && !PAST.test(folded);
}
