/**
 * What a reader may like in an answer, measured without a language model. Everything is a share or a
 * logarithm, so that no feature grows with length alone; words that praise the answer itself are not
 * counted at all, and are taken out before anything else is measured.
 */
import { splitSentences } from '../../src/core/sentences.ts';
import { countWords } from '../../src/core/tokens.ts';
import { stripMarks } from '../citation/citation-marks.ts';
import { coverage } from '../support/align.ts';
import { namesOf } from '../support/features.ts';
import { profileOf, type TextProfile } from '../support/text-profile.ts';
import { FORM_FEATURES, formFeatures } from './form-features.ts';

export const PREFERENCE_FEATURES = [
  'length',
  'lengthSquared',
  'sentences',
  'sentenceLength',
  'questionCoverage',
  'questionCoverageFirst',
  'answerFromQuestion',
  'referenceSupport',
  'firstSupport',
  'hasReferences',
  'unsupportedNumbers',
  'numberDensity',
  'nameDensity',
  'distinctWords',
  'repeatedSentences',
  'repeatedTriples',
  'hedging',
  'refusal',
  'firstPerson',
  'asksBack',
  'listItems',
  'paragraphs',
  'code',
  'links',
  'marks',
  'endsComplete',
  'startsWell',
  'languageMatch',
  'oddCharacters',
  'stopShare',
  'longWords',
  'answerType',
  'yesNoLead',
  'rude',
  ...FORM_FEATURES,
] as const;

/** Sentences about the answer itself, flattery and pleading: they say nothing, so they weigh nothing. */
const PRAISE =
  /\b(?:this|my|the above|the following)\s+(?:answer|response|reply)\s+(?:is|was|should be)\b|\b(?:best|perfect|correct|most accurate|superior)\s+(?:possible\s+)?(?:answer|response)\b|\bgreat question\b|\bwhat an? (?:great|excellent|wonderful|brilliant)\b|\byou(?:['’]re| are) (?:so |very |absolutely )?(?:smart|brilliant|right|clever|wonderful)\b|\b(?:rate|score|prefer|choose) (?:this|me|my)\b|\btrust me\b|\bi hope (?:this|that) helps\b|\bthank you for (?:asking|your question)\b|(?:这|本|我的)(?:个)?(?:回答|答案)(?:是|最)|(?:好|棒)的?问题|相信我|最佳答案|你真聪明|希望(?:这|对你)/iu;
const HEDGE =
  /\b(?:maybe|perhaps|possibly|might|could be|it depends|i think|i believe|i guess|not sure|unclear|seems?|likely|probably)\b|可能|也许|大概|或许|似乎|不确定/giu;
const REFUSE =
  /\b(?:i (?:can(?:no|['’])t|am (?:un|not )able|do(?:n['’]t| not) (?:know|have))|i['’]m (?:sorry|not able|unable)|as an ai|cannot (?:provide|answer|help)|unable to|no information|not (?:mentioned|provided|specified)|sorry)\b|抱歉|对不起|作为(?:一个)?(?:人工智能|AI|语言模型)|我(?:不能|无法|不知道)|无法(?:回答|提供)/giu;
const RUDE = /\b(?:stupid|idiot|shut up|dumb|fuck\w*|shit\w*|crap)\b|傻|笨蛋|滚/giu;

export interface PreferenceInput {
  readonly question: string;
  readonly answer: string;
  readonly references?:
    | readonly { readonly title?: string | undefined; readonly text: string }[]
    | undefined;
}

/** Answers are read up to here; what people judge stands in the beginning. */
const MAX_CHARACTERS = 8_000;

/** A sentence with at least this share of its words in the question says nothing new. */
const COPIED = 0.9;
/** A longer prompt brings the text to work on: what copies it may be the answer. */
export const LONG_QUESTION = 400;

/** The answer without praise of itself, without what was said before and without the question again. */
function substance(
  question: string,
  answer: string,
): { readonly text: string; readonly repeated: number } {
  const asked = question.length > LONG_QUESTION ? null : profileOf(question);
  const kept: string[] = [];
  const seen = new Set<string>();
  let repeated = 0;
  let last = 0;
  let text = '';
  for (const { start, end } of splitSentences(answer)) {
    const sentence = answer.slice(start, end);
    const key = sentence
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
    const empty =
      PRAISE.test(sentence) ||
      (asked !== null && coverage(profileOf(sentence), asked).share >= COPIED);
    if (!empty && !(key.length > 8 && seen.has(key))) {
      // What stood between the sentences (line breaks) belongs to the form.
      text += answer.slice(last, start).includes('\n') ? `\n${sentence}` : ` ${sentence}`;
      kept.push(sentence);
    } else if (!empty) repeated += 1;
    seen.add(key);
    last = end;
  }
  return {
    text: text.trim(),
    repeated: kept.length === 0 ? 0 : repeated / (kept.length + repeated),
  };
}

/** The answer without marks, praise of itself, repetition and the question. */
export function substanceOf({ question, answer }: PreferenceInput): string {
  return substance(question, stripMarks(answer.slice(0, MAX_CHARACTERS)).text).text;
}

function kindOfQuestion(question: string): RegExp | null {
  if (/\b(?:when|what year|which year|what date)\b|何时|什么时候|哪一?年|哪天/iu.test(question))
    return /\d{3,4}|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|century)\b|年|月/iu;
  if (
    /\bhow (?:many|much|long|old|far|tall|high|big|fast)\b|多少|几|多长|多大|多高|多久/iu.test(
      question,
    )
  )
    return /\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|hundred|thousand|million)\b|[一二三四五六七八九十百千万亿]/iu;
  if (/\bwho(?:se|m)?\b|谁|何人/iu.test(question)) return /\p{Lu}\p{Ll}+|\p{Script=Han}{2,}/u;
  return null;
}

/** A fence, or a line with a keyword of programming and a bracket, brace or semicolon after it. */
function looksLikeCode(text: string): boolean {
  if (text.includes('```')) return true;
  return text.split('\n').some((line) => {
    const at = line.search(/\b(?:def|function|import|return)\b/u);
    return at >= 0 && /[({;:]/u.test(line.slice(at));
  });
}

/** The feature vector, in the order of `PREFERENCE_FEATURES`. */
export function preferenceFeatures(input: PreferenceInput): number[] {
  const cut = stripMarks(input.answer.slice(0, MAX_CHARACTERS));
  const { text, repeated } = substance(input.question, cut.text);
  const question = profileOf(input.question.slice(0, MAX_CHARACTERS));
  const answer = profileOf(text);
  const spans = splitSentences(text);
  const first = profileOf(text.slice(spans[0]?.start ?? 0, spans[0]?.end ?? 0));
  const words = countWords(text);
  const per = (count: number): number => count / Math.max(words, 8);
  const references = (input.references ?? [])
    .map((reference) => `${reference.title ?? ''}\n${reference.text}`)
    .join('\n\n')
    .slice(0, 30_000);
  const evidence = profileOf(references);
  const supported = (claim: TextProfile): number =>
    references === '' ? 0 : coverage(claim, evidence).share;
  const quantities = answer.quantities.filter(({ strict }) => strict);
  const known = new Set([...evidence.quantities, ...question.quantities].map(({ key }) => key));
  const content = answer.tokens.filter(({ weight }) => weight > 0.2);
  const triples = answer.tokens
    .slice(2)
    .map(
      (token, index) =>
        `${answer.tokens[index]?.text} ${answer.tokens[index + 1]?.text} ${token.text}`,
    );
  const matches = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const han = (value: string): number =>
    (value.match(/\p{Script=Han}/gu)?.length ?? 0) / Math.max(1, value.replace(/\s/gu, '').length);
  const type = kindOfQuestion(input.question);
  const yesNo = /^\s*(?:is|are|was|were|do|does|did|can|could|has|have|will|would|should)\b/iu.test(
    input.question,
  );
  return [
    Math.log(1 + words),
    Math.log(1 + words) ** 2 / 10,
    Math.log(1 + spans.length),
    Math.log(1 + words / Math.max(1, spans.length)),
    coverage(question, answer).share,
    coverage(question, first).share,
    coverage(answer, question).share,
    supported(answer),
    supported(first),
    references === '' ? 0 : 1,
    references === '' ? 0 : per(quantities.filter(({ key }) => !known.has(key)).length),
    per(quantities.length),
    per(namesOf(answer).length),
    content.length === 0
      ? 0
      : new Set(content.map((token) => token.text)).size / content.length ** 0.85,
    repeated,
    triples.length === 0 ? 0 : 1 - new Set(triples).size / triples.length,
    per(matches(HEDGE)),
    Math.min(2, matches(REFUSE)) / (1 + Math.log(1 + words)),
    per(matches(/\bI\b|我/gu)),
    /[?？]\s*$/u.test(text) ? 1 : 0,
    Math.log(1 + matches(/^[^\S\n]*(?:[-*•]|\d{1,2}[.)、])/gmu)),
    Math.log(1 + matches(/\n/gu)),
    looksLikeCode(text) ? 1 : 0,
    matches(/https?:|_URL_/gu) > 0 ? 1 : 0,
    Math.log(1 + cut.marks.length),
    /[.!?。！？"”)）:：]$/u.test(text) ? 1 : 0,
    /^[\p{Lu}\p{Script=Han}\p{N}"“]/u.test(text) ? 1 : 0,
    1 - Math.abs((han(input.question) > 0.3 ? 1 : 0) - (han(text) > 0.15 ? 1 : 0)),
    (text.match(/[^\p{L}\p{N}\s.,;:!?'"()\-–—，。、；：！？“”‘’（）《》]/gu)?.length ?? 0) /
      Math.max(20, text.length),
    answer.tokens.length === 0 ? 0 : 1 - content.length / answer.tokens.length,
    content.length === 0
      ? 0
      : content.filter((token) => token.end - token.start > 7).length / content.length,
    type === null ? 0.5 : type.test(text) ? 1 : 0,
    yesNo && /^\s*(?:yes|no)\b/iu.test(text) ? 1 : 0,
    per(matches(RUDE)),
    ...formFeatures(input.question.slice(0, MAX_CHARACTERS), text, input.references ?? []),
  ];
}
