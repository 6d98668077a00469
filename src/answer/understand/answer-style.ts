/**
 * How the asker wants the answer: "in one sentence", "as a table", "to a six-year-old", "in Chinese".
 * Read from the question, whose other words are what is searched for, or from a system message.
 */
import { WORD_NUMBERS } from './number-words.ts';

export interface AnswerStyle {
  /** Number of sentences asked for. */
  readonly sentences?: number;
  /** Most words; Han characters count one each. */
  readonly words?: number;
  readonly shape?: 'bullets' | 'numbers' | 'table';
  /** BCP 47 primary subtag. */
  readonly language?: string;
  /** Easy words were asked for. */
  readonly simple?: boolean;
  /** More than usual was asked for. */
  readonly detailed?: boolean;
}

const NUMBERS: Readonly<Record<string, number>> = {
  ...WORD_NUMBERS,
  a: 1,
  single: 1,
  couple: 2,
  一: 1,
  两: 2,
  兩: 2,
  二: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
  十: 10,
};
const NUMBER = String.raw`(\d{1,3}|a|one|a single|single|two|a couple of|three|four|five|six|seven|eight|nine|ten)`;
const HAN_NUMBER = '([一两兩二三四五六七八九十]|\\d{1,3})';

const LANGUAGES: Readonly<Record<string, string>> = {
  english: 'en',
  chinese: 'zh',
  mandarin: 'zh',
  german: 'de',
  french: 'fr',
  spanish: 'es',
  italian: 'it',
  portuguese: 'pt',
  dutch: 'nl',
  russian: 'ru',
  japanese: 'ja',
  korean: 'ko',
  arabic: 'ar',
  polish: 'pl',
  turkish: 'tr',
  swedish: 'sv',
  英文: 'en',
  英语: 'en',
  英語: 'en',
  中文: 'zh',
  汉语: 'zh',
  漢語: 'zh',
  普通话: 'zh',
  德语: 'de',
  德文: 'de',
  法语: 'fr',
  法文: 'fr',
  西班牙语: 'es',
  日语: 'ja',
  日文: 'ja',
  韩语: 'ko',
  韩文: 'ko',
  俄语: 'ru',
  俄文: 'ru',
};
const LANGUAGE = `(${Object.keys(LANGUAGES).join('|')})`;
const ASKS = String.raw`(?:(?:please|and|but|now|can you|could you)\s){0,4}(?:answer|reply|respond|explain(?: (?:it|this|that))?|say (?:it|that|this)|put (?:it|that|this|(?:your|the) (?:last |previous )?answer)|write(?: (?:it|that))?|describe it|summari[sz]e(?: (?:it|that))?|give (?:it|that|the answer|me the answer)|tell me|show (?:it|that)|make (?:it|(?:your|the) (?:last |previous )?answers?)|keep (?:it|your answers?)|use|format (?:it|that|your answers?)|translate (?:it|that)|be|always)\s`;
const TAIL = String.raw`(?:\s?,?\s?please)?`;

type Reading = (match: RegExpExecArray) => AnswerStyle;
const count = (text: string | undefined): number => {
  const word = (text ?? '')
    .toLowerCase()
    .replace(/^a (?=single|couple)/u, '')
    .replace(/ of$/u, '');
  return NUMBERS[word] ?? Math.max(1, Number(word) || 1);
};
const language = (text: string | undefined): string =>
  LANGUAGES[(text ?? '').toLowerCase()] ?? 'en';

/**
 * Tried in order, each once; the matched words are cut from the question. They see text whose runs of blanks
 * are one blank, and repeat nothing without a bound: their time is linear in the text.
 */
const RULES: readonly (readonly [RegExp, Reading])[] = [
  [
    new RegExp(
      String.raw`(?:${ASKS})?\b(?:in|into|with|as|using|to) (?:just |only |exactly |at most |no more than |max(?:imum)? )?${NUMBER} (?:short |simple |complete )?(?:sentences?|lines?)\b${TAIL}`,
      'iu',
    ),
    (m) => ({ sentences: count(m[1]) }),
  ],
  [
    new RegExp(
      String.raw`(?:${ASKS})?\b(?:in|with|using|to) (?:under |fewer than |less than |at most |no more than |max(?:imum)? |about |around )?(\d{1,3}) words(?: or (?:less|fewer))?\b${TAIL}`,
      'iu',
    ),
    (m) => ({ words: count(m[1]) }),
  ],
  [
    new RegExp(
      String.raw`(?:${ASKS})?\b(?:as|in|with|using)?\s?(?:a |an )?(?:numbered|ordered) (?:list|points)\b${TAIL}`,
      'iu',
    ),
    () => ({ shape: 'numbers' }),
  ],
  [
    new RegExp(
      String.raw`(?:${ASKS})?\b(?:as|in|with|using)\s(?:a |the )?(?:(?:short |bulleted |bullet |bullet-point )?list|bullet points?|bullets|list form)\b(?! of\b)${TAIL}|${ASKS}(?:bullet points?|bullets)\b`,
      'iu',
    ),
    () => ({ shape: 'bullets' }),
  ],
  [
    new RegExp(
      String.raw`(?:${ASKS})?\b(?:as|in|into|using)\s(?:a |the )?(?:table|tabular form|table form(?:at)?|markdown table)\b(?! of\b)${TAIL}|${ASKS}(?:a table|tables)\b`,
      'iu',
    ),
    () => ({ shape: 'table' }),
  ],
  [
    new RegExp(
      String.raw`(?:${ASKS})?(?:,\s?)?\b(?:(?:to|for) (?:a|an|my) (?:(?:\d{1,2}|five|six|seven|eight|ten)[- ]year[- ]old|(?:small |young |little )?(?:child|kid)|beginner|layman|layperson)(?: (?:child|kid))?|like I['’]?(?:m| am) (?:five|5|six|6)|eli5|in (?:very )?(?:simple|plain|easy) (?:words|terms|language|english))\b${TAIL}|${ASKS}(?:more )?simpl[ye]r?\b`,
      'iu',
    ),
    () => ({ simple: true }),
  ],
  [
    new RegExp(
      String.raw`${ASKS}in ${LANGUAGE}\b${TAIL}|(?:^|[,.;(?!]\s?)in ${LANGUAGE}(?=\s?(?:[,.)!]|please|$))${TAIL}\)?|${ASKS}(?:into|to) ${LANGUAGE}\b`,
      'iu',
    ),
    (m) => ({ language: language(m[1] ?? m[2] ?? m[3]) }),
  ],
  [
    new RegExp(
      String.raw`${ASKS}(?:very )?(?:short(?:er|ly)?|brief(?:er|ly)?|concise(?:ly)?|to the point)\b(?: answers?)?${TAIL}|(?:^|[,.;?]\s?)(?:in short|briefly|in brief|shorter|short answer|tl;?dr)(?=\s?(?:[,.!?:]|please|$))${TAIL}|\bshort answers? only\b`,
      'iu',
    ),
    () => ({ sentences: 1 }),
  ],
  [
    new RegExp(
      String.raw`(?:${ASKS})?\b(?:in (?:more |great(?:er)? )?detail|at length|in depth)\b${TAIL}|${ASKS}(?:longer|more detailed|detailed|thorough)\b(?: answers?)?`,
      'iu',
    ),
    () => ({ detailed: true }),
  ],
  [
    new RegExp(
      String.raw`(?:请|請)?(?:用|以)${HAN_NUMBER}(?:句|行)(?:话|話)?(?:来|來)?(?:回答|说明|說明|概括|总结|總結|解释|解釋|说|說|介绍|介紹|描述)?(?:一下)?`,
      'u',
    ),
    (m) => ({ sentences: count(m[1]) }),
  ],
  [
    new RegExp(
      String.raw`(?:请|請)?(?:用|以|在)?${HAN_NUMBER}\s?(?:个字|個字|字)(?:以内|以內|之内|之內|左右)(?:回答|说明|概括|总结)?`,
      'u',
    ),
    (m) => ({ words: count(m[1]) }),
  ],
  [
    /(?:请|請)?(?:用|以|做成|列成|画成|整理成)(?:一个|一個|一张|一張)?表格(?:的?形式)?(?:来|來)?(?:回答|列出|表示|说明|展示|整理)?/u,
    () => ({ shape: 'table' }),
  ],
  [
    /(?:请|請)?(?:用|以|做成|列成)(?:一个|一個)?(?:编号|編號|有序)列表(?:的?形式)?(?:回答|列出)?/u,
    () => ({ shape: 'numbers' }),
  ],
  [
    /(?:请|請)?(?:(?:用|以|做成|列成)(?:一个|一個)?(?:列表|清单|清單|要点|要點|项目符号)(?:的?形式)?(?:回答|列出|说明)?|分点(?:回答|说明|列出)|分點(?:回答|說明|列出))/u,
    () => ({ shape: 'bullets' }),
  ],
  [
    new RegExp(
      String.raw`(?:请|請)?(?:用|以|翻译成|翻譯成|译成|换成|改用)(?:简体|繁体|繁體)?${LANGUAGE}(?:来|來)?(?:回答|说|說|解释|解釋|答复|回复|回覆|再说一遍|写)?`,
      'iu',
    ),
    (m) => ({ language: language(m[1]) }),
  ],
  [
    /(?:请|請)?(?:(?:给|給|对|對|向|跟)(?:一个|一個)?(?:[五六七八九十]岁的?|[五六七八九十]歲的?|\d{1,2}岁的?)?(?:小孩子?|孩子|小朋友|儿童|兒童)(?:讲|講|说|說|解释|解釋)?(?:一下)?|(?:用)?(?:通俗易懂|简单易懂|浅显易懂)(?:的(?:话|話|语言|語言|方式))?(?:地)?(?:来|來)?(?:解释|解釋|说明|說明|回答|说|說)?(?:一下)?)/u,
    () => ({ simple: true }),
  ],
  [
    /(?:请|請)?(?:简短|簡短|简要|簡要|简洁|簡潔|简单|簡單)(?:地|的)?(?:回答|说明|說明|介绍|介紹|概括|说|說)(?:一下)?|(?:再)?(?:短|简短|簡短)一?(?:点|點)(?:吧)?/u,
    () => ({ sentences: 1 }),
  ],
  [
    /(?:请|請)?(?:详细|詳細)(?:地|的)?(?:回答|说明|說明|介绍|介紹|解释|解釋|说|說)?(?:一下)?/u,
    () => ({ detailed: true }),
  ],
];

/** What is left of a message that asked for nothing but a style. */
const EMPTY =
  /^(?:(?:please|now|and|ok|okay|again|it|that|this|can you|could you|(?:the|your) (?:(?:same|last|previous) )?answer|the same|say|give|put|make|answer|me|instead|but|再|请|請|那|把它|把这|回答|说|說|一遍|一次|吧|呢|一下|谢谢|thanks|\s|[,.!?，。！？:：]))*$/iu;

export interface StyledQuestion {
  /** The question without the words of style; empty when the message was style alone. */
  readonly question: string;
  /** Null when none was asked for. */
  readonly style: AnswerStyle | null;
}

/** Pure; one pass of each rule over the text, linear in its length. */
export function readStyle(message: string): StyledQuestion {
  let rest = message.replace(/\s{2,}/gu, ' ');
  let style: AnswerStyle | null = null as AnswerStyle | null;
  for (const [pattern, read] of RULES) {
    const match = pattern.exec(rest);
    if (match === null || insideQuotes(rest, match.index)) continue;
    style = { ...style, ...read(match) };
    const mark = /[?？]/u.exec(match[0])?.[0] ?? '';
    rest =
      `${rest.slice(0, match.index).trimEnd()}${mark} ${rest.slice(match.index + match[0].length).trimStart()}`.trim();
  }
  if (style === null) return { question: message, style };
  if (EMPTY.test(rest)) return { question: '', style };
  return { question: tidy(rest), style };
}

function insideQuotes(text: string, index: number): boolean {
  return (text.slice(0, index).match(/["“”「」]/gu)?.length ?? 0) % 2 === 1;
}

/** Commas, brackets and an "and" that the cut left behind. */
function tidy(text: string): string {
  const clean = text
    .replace(/\s{2,}/gu, ' ')
    .replace(/^(?:please\s)?[\s,，.。:：;；-]+/iu, '')
    .replace(/\(\s?\)/gu, '')
    .replace(/\s([?？.!,，])/gu, '$1')
    .replace(/[,，:：;；]\s?([?？.!]?)$/u, '$1')
    .replace(/([?？])[\s.,，。]+$/u, '$1')
    .replace(/\s{2,}/gu, ' ')
    .trim();
  return clean.charAt(0).toUpperCase() + clean.slice(1);
}
