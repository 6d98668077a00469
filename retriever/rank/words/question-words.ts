/**
 * What a question asks for, and its words without the asking ones, by small English and Chinese rules
 * (Traditional characters are folded to Simplified first). Other languages get words only.
 */
import { foldHan, terms, tokenize } from '../../../src/core/tokens.ts';

/** Kinds of answer that leave a mark in a sentence. */
export const ANSWER_KINDS = ['time', 'number', 'person', 'place', 'reason', 'other'] as const;
type AnswerKind = (typeof ANSWER_KINDS)[number];

export interface QuestionWords {
  readonly kind: AnswerKind;
  /** Search terms (stemmed words, character pairs) without stop words and asking words, unique, in order. */
  readonly terms: readonly string[];
  /** Single tokens without stop words: words and single characters, for finer overlap. */
  readonly tokens: ReadonlySet<string>;
  /** Numbers in the question, as written. */
  readonly numbers: readonly string[];
  /** Capitalised words (not the first) and what stands in quotation marks, folded. */
  readonly names: readonly string[];
  /** True when the question is about now: `latest`, `current`, 最新, 现在. */
  readonly recent: boolean;
}

const STOP_WORDS = new Set(
  (
    'a an the of in on at to for from by with as and or but is are was were be been being am do did does done ' +
    'have has had having what which who whom whose when where why how that this these those it its it’s he she ' +
    'they them his her their there than then so such can could would should may might will shall must about into ' +
    'many much long often if not no you your we our us i my me name call type kind'
  ).split(' '),
);

const CHINESE_ASKING =
  /请问|为什么|为何|什么时候|什么时间|什么|何时|何地|何处|何人|何种|谁|哪[里儿些个位种年月日一座家所国部次]?|多少|多久|多[大高长远深重]|几[年月日个人次岁名种位条座]?|如何|怎么样|怎样|怎么|是否|吗|呢|？|\?/gu;
const CHINESE_FILLER = /[的了是在于之与和及或被把由所以其而则也都就还有]/u;

const TIME =
  /\b(?:when|what (?:year|date|day|month|century|decade|time|era)|which (?:year|date|day|month|century|decade)|how long|how old)\b|何时|什么时[候间]|哪一?[年月日天]|几[年月日]|多久|多长时间|什么年|哪个(?:年|世纪|朝代)|年份|日期/iu;
const NUMBER =
  /\b(?:how (?:many|much|far|tall|high|big|large|fast|deep|wide|often|heavy)|what (?:percent|percentage|number|amount|proportion|is the population|population))\b|多少|几[个人次岁名种位条座家]|多[大高长远深重]|百分之/iu;
const PERSON =
  /\b(?:who|whom|whose|what (?:person|man|woman|king|queen|president|scientist|author|artist|actor|player))\b|谁|哪一?位|何人|哪个人|人名|姓名/iu;
const PLACE =
  /\b(?:where|(?:what|which) (?:city|country|state|place|town|location|region|island|continent|river|county|nation))\b|哪里|哪儿|何地|何处|什么地方|哪一?个?(?:国家|城市|地方|地区|省|州|县|区|岛)|哪国|位于|来自/iu;
const REASON = /\bwhy\b|\bwhat (?:caused?|reason)\b|\bfor what reason\b|为什么|为何|原因|何以/iu;
const RECENT =
  /\b(?:latest|current(?:ly)?|newest|most recent(?:ly)?|nowadays|now|today|this (?:year|month|week)|right now|up to date)\b|最新|现在|目前|当前|如今|现任|今年|今天|最近/iu;

/** Analyses one question. Pure; linear in the question's length. */
export function analyseQuestion(question: string): QuestionWords {
  const folded = foldHan(question);
  const bare = folded.replace(CHINESE_ASKING, ' ');
  const words = terms(bare, { stem: true }).filter((term) => !isStop(term));
  const tokens = new Set(
    tokenize(bare, { stem: true })
      .map((token) => token.text)
      .filter((token) => !isStop(token)),
  );
  const names = [
    ...question.matchAll(/[“"「『《]([^”"」』》]{2,40})[”"」』》]|(?<=\S\s)\p{Lu}[\p{L}\d'’.-]+/gu),
  ].map((match) => foldHan((match[1] ?? match[0]).toLowerCase()));
  return {
    kind: answerKind(folded),
    terms: [...new Set(words)],
    tokens,
    numbers: question.match(/\d+(?:[.,]\d+)*/gu) ?? [],
    names,
    recent: RECENT.test(folded),
  };
}

/** True for a word that says nothing about the subject. */
export function isStop(term: string): boolean {
  return STOP_WORDS.has(term) || (term.length === 1 && CHINESE_FILLER.test(term));
}

function answerKind(question: string): AnswerKind {
  if (TIME.test(question)) return 'time';
  if (NUMBER.test(question)) return 'number';
  if (PERSON.test(question)) return 'person';
  if (REASON.test(question)) return 'reason';
  if (PLACE.test(question)) return 'place';
  return 'other';
}
