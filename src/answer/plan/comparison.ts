/** Questions that compare two things by one quantity, read into two questions and a relation. */
import type { Dimension } from './measured-quantity.ts';

interface Measure {
  readonly dimension: Dimension;
  /** Comparatives, English and Chinese, that mean more and less of it. */
  readonly more: string;
  readonly less: string;
  /** The question for one thing: `{x}` is its name. */
  readonly en: string;
  readonly zh: string;
  /** Words near the quantity in a sentence. */
  readonly words: RegExp;
  /** "Older" means a smaller year. */
  readonly reversed?: true;
}

const MEASURES: readonly Measure[] = [
  {
    dimension: 'length',
    more: 'deeper|深',
    less: 'shallower|浅',
    en: 'How deep is {x}?',
    zh: '{x}有多深？',
    words: /deep|depth|deepest|深/iu,
  },
  {
    dimension: 'length',
    more: 'taller|higher|高',
    less: 'lower|shorter|矮|低',
    en: 'How high is {x}?',
    zh: '{x}有多高？',
    words: /tall|high|height|elevation|altitude|summit|above|rises|高|海拔/iu,
  },
  {
    dimension: 'length',
    more: 'longer|长|長',
    less: 'shorter|短',
    en: 'How long is {x}?',
    zh: '{x}有多长？',
    words: /long|length|长|長/iu,
  },
  {
    dimension: 'length',
    more: 'wider|broader|宽|寬',
    less: 'narrower|窄',
    en: 'How wide is {x}?',
    zh: '{x}有多宽？',
    words: /wide|width|across|宽|寬/iu,
  },
  {
    dimension: 'length',
    more: '(?:farther|further)(?: away)?|远|遠',
    less: 'nearer|closer|近',
    en: 'How far away is {x}?',
    zh: '{x}有多远？',
    words: /far|distance|away|距|远|遠/iu,
  },
  {
    dimension: 'mass',
    more: 'heavier|重',
    less: 'lighter|轻|輕',
    en: 'How heavy is {x}?',
    zh: '{x}有多重？',
    words: /weigh|heavy|mass|重/iu,
  },
  {
    dimension: 'area',
    more: '(?:larger|bigger)(?: (?:in|by) area)?|大',
    less: 'smaller(?: (?:in|by) area)?|小',
    en: 'What is the area of {x}?',
    zh: '{x}的面积有多大？',
    words: /area|cover|square|面积|面積|占地/iu,
  },
  {
    dimension: 'count',
    more: 'more populous|more populated|larger by population|人口更?多|人口多',
    less: 'less populous|人口更?少|人口少',
    en: 'What is the population of {x}?',
    zh: '{x}的人口有多少？',
    words: /population|people|inhabitants|人口/iu,
  },
  {
    dimension: 'speed',
    more: 'faster|快',
    less: 'slower|慢',
    en: 'How fast is {x}?',
    zh: '{x}的速度有多快？',
    words: /speed|fast|per hour|速/iu,
  },
  {
    dimension: 'temperature',
    more: 'hotter|warmer|热|熱',
    less: 'colder|cooler|冷',
    en: 'What is the temperature of {x}?',
    zh: '{x}的温度是多少？',
    words: /temperature|degrees|°|温|溫/iu,
  },
  {
    dimension: 'year',
    more: 'older|earlier|老|早|古老',
    less: 'younger|newer|later|年轻|新|晚',
    en: 'In what year was {x} born, founded or built?',
    zh: '{x}是哪一年出生、成立或建成的？',
    words:
      /born|buil[td]|founded|opened|established|completed|made|written|signed|出生|建|成立|生[于於]|生卒|落成|开凿/iu,
    reversed: true,
  },
];

export interface Comparison {
  readonly x: string;
  readonly y: string;
  readonly measure: Measure;
  /** The comparative as it was said: `taller`, `高`. */
  readonly word: string;
  /** True when the one with the larger quantity is asked for. */
  readonly wantsMore: boolean;
  /** `yes-no`: is X more than Y; `which`: the one that is; `difference`: by how much. */
  readonly asks: 'yes-no' | 'which' | 'difference';
  readonly chinese: boolean;
}

const THING = String.raw`((?:(?!\bthan\b).){2,80}?)`;
const ENGLISH: readonly (readonly [
  Comparison['asks'],
  (word: string) => RegExp,
  readonly ['x' | 'word' | 'y', 'x' | 'word' | 'y', 'x' | 'word' | 'y'],
])[] = [
  [
    'difference',
    (word) =>
      new RegExp(
        String.raw`^(?:by )?how (?:much|many (?:met(?:er|re)s?|kilomet(?:er|re)s?|miles|feet|years)) (${word}) (?:is|are|was|were) ${THING} than ${THING}\??$`,
        'iu',
      ),
    ['word', 'x', 'y'],
  ],
  [
    'yes-no',
    (word) =>
      new RegExp(String.raw`^(?:is|are|was|were) ${THING} (${word}) than ${THING}\??$`, 'iu'),
    ['x', 'word', 'y'],
  ],
  [
    'which',
    (word) =>
      new RegExp(
        String.raw`^(?:which|who|what)(?: one)?(?: [\p{L}-]+){0,2}? (?:is|are|was|were) (?:the )?(${word})(?: one)?[,:]? ${THING},? or ${THING}\??$`,
        'iu',
      ),
    ['word', 'x', 'y'],
  ],
  [
    'which',
    (word) =>
      new RegExp(
        String.raw`^(?:of |between )?${THING} (?:and|or) ${THING}[,:]? (?:which|who)(?: one)?(?: [\p{L}-]+)? (?:is|are|was|were) (?:the )?(${word})(?: one)?\??$`,
        'iu',
      ),
    ['x', 'y', 'word'],
  ],
];

const HAN_THING = '([^，,？?是比]{2,30}?)';
const CHINESE: readonly (readonly [Comparison['asks'], (word: string) => RegExp])[] = [
  [
    'difference',
    (word) =>
      new RegExp(
        `^${HAN_THING}比${HAN_THING}(${word})(?:了|出)?(?:多少|几)(?:千?米|公里|公尺|年|岁|歲|公斤|千克)?[？?]?$`,
        'u',
      ),
  ],
  [
    'yes-no',
    (word) =>
      new RegExp(
        `^${HAN_THING}(?:是不是|是否)?比${HAN_THING}(?:更|要|还)?(${word})吗?[？?]?$`,
        'u',
      ),
  ],
  [
    'which',
    (word) =>
      new RegExp(
        `^${HAN_THING}(?:和|与|跟|还是|、)${HAN_THING}[，,]?(?:相比)?(?:哪一?[个座条]|谁|哪个)(?:的)?(?:更|比较|较)?(${word})(?:一些|一点)?[？?]?$`,
        'u',
      ),
  ],
];

/** Each measure's words for more and for less, with the patterns that they make. */
const WORDED = MEASURES.flatMap((measure) =>
  [measure.more, measure.less].map((words, index) => {
    const isHan = (word: string): boolean => /\p{Script=Han}/u.test(word);
    const [han, latin] = [true, false].map((wanted) =>
      words
        .split('|')
        .filter((word) => isHan(word) === wanted)
        .join('|'),
    );
    return {
      measure,
      wantsMore: index === 0,
      latin: ENGLISH.map(([asks, make, order]) => [asks, make(latin ?? ''), order] as const),
      han: CHINESE.map(([asks, make]) => [asks, make(han ?? '')] as const),
    };
  }),
);

/** A longer question compares no two things by one word. */
const MOST_CHARACTERS = 400;

/** A question that can be answered by two quantities; null for any other. */
export function comparisonIn(question: string): Comparison | null {
  if (question.length > MOST_CHARACTERS) return null;
  const text = question.trim().replace(/^(?:and|so|but|please tell me)[\s,]+/iu, '');
  return /\p{Script=Han}/u.test(text) ? chinese(text) : english(text);
}

function english(text: string): Comparison | null {
  for (const { measure, wantsMore, latin } of WORDED) {
    for (const [asks, pattern, order] of latin) {
      const match = pattern.exec(text);
      if (match === null) continue;
      const part = (name: 'x' | 'word' | 'y'): string =>
        (match[order.indexOf(name) + 1] ?? '').trim();
      const [x, y] = [part('x'), part('y')];
      if (!comparable(x) || !comparable(y)) return null;
      // "Shorter" is of people and towers unless something long is meant: both measures are tried by name.
      return { x, y, measure, word: part('word').toLowerCase(), wantsMore, asks, chinese: false };
    }
  }
  return null;
}

/** "Is it older than it looks?" and "larger than expected" have nothing to look up. */
function comparable(thing: string): boolean {
  return (
    !/^(?:it|he|she|they|this|that|you|i|we|me|expected|average|usual|ever|before|\d+)\b/iu.test(
      thing,
    ) && !/\b(?:looks?|seems?|thought)$/iu.test(thing)
  );
}

function chinese(text: string): Comparison | null {
  for (const { measure, wantsMore, han } of WORDED) {
    for (const [asks, pattern] of han) {
      const match = pattern.exec(text);
      if (match === null) continue;
      const [, x = '', y = '', word = ''] = match;
      return { x: x.trim(), y: y.trim(), measure, word, wantsMore, asks, chinese: true };
    }
  }
  return null;
}

/** The question that finds one side's quantity. */
export function sideQuestion(comparison: Comparison, side: 'x' | 'y'): string {
  return (comparison.chinese ? comparison.measure.zh : comparison.measure.en).replace(
    '{x}',
    comparison[side],
  );
}

/** The conclusion in words. `first` and `second` are the quantities as their sources have them. */
export function conclusion(
  comparison: Comparison,
  x: { readonly value: number; readonly text: string },
  y: { readonly value: number; readonly text: string },
  difference: string | null,
): string {
  const { measure, wantsMore, word } = comparison;
  const larger = measure.reversed === true ? x.value < y.value : x.value > y.value;
  const equal = x.value === y.value;
  const holds = larger === wantsMore;
  const [first, second] = holds ? [comparison.x, comparison.y] : [comparison.y, comparison.x];
  const [more, less] = holds ? [x.text, y.text] : [y.text, x.text];
  const by =
    difference === null
      ? ''
      : comparison.chinese
        ? `，相差${difference}`
        : `, a difference of ${difference}`;
  if (comparison.chinese) {
    if (equal) return `${comparison.x}和${comparison.y}相同：都是${x.text}。`;
    const verdict = comparison.asks === 'yes-no' ? (holds ? '是，' : '不，') : '';
    return `${verdict}${first}（${more}）比${second}（${less}）更${word.replace(/^人口更?/u, '人口')}${by}。`;
  }
  if (equal) return `Neither: ${comparison.x} and ${comparison.y} are equal, at ${x.text}.`;
  const verdict = comparison.asks === 'yes-no' ? (holds ? 'Yes: ' : 'No: ') : '';
  const opening = verdict === '' ? capital(first) : `${verdict}${first}`;
  return `${opening} (${more}) is ${word} than ${second} (${less})${by}.`;
}

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
