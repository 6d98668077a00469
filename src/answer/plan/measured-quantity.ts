/** Quantities with units in a sentence, in SI units, so that two of them can be compared. */

export type Dimension =
  | 'length'
  | 'mass'
  | 'area'
  | 'speed'
  | 'temperature'
  | 'count'
  | 'year'
  | 'duration';

export interface Quantity {
  /** In the dimension's unit: metres, kilograms, square metres, metres a second, °C, things, years, seconds. */
  readonly value: number;
  /** As the sentence has it: `1,642 metres`. */
  readonly text: string;
  /** Where it stands in the sentence, in UTF-16 code units. */
  readonly start: number;
}

type Unit = readonly [pattern: string, factor: number];

/** Longer names first: the first that fits is taken. */
const UNITS: Readonly<Record<Exclude<Dimension, 'count' | 'year'>, readonly Unit[]>> = {
  length: [
    ['kilomet(?:er|re)s?|km(?!\\s?(?:2|²|/|h))|公里|千米', 1_000],
    ['centimet(?:er|re)s?|cm|厘米|公分', 0.01],
    ['millimet(?:er|re)s?|mm|毫米', 0.001],
    ['miles?|mi|英里', 1_609.344],
    ['f(?:ee|oo)t|ft|英尺', 0.3048],
    ['inch(?:es)?|英寸', 0.0254],
    ['yards?|码', 0.9144],
    ['light[- ]years?|光年', 9.4607e15],
    ['met(?:er|re)s?|m(?!\\s?(?:2|²|/)|\\p{L})|公尺|米(?!/)', 1],
  ],
  mass: [
    ['kilograms?|kilos?|kg|公斤|千克', 1],
    ['milligrams?|mg|毫克', 1e-6],
    ['(?:metric )?ton(?:ne)?s?|t(?!\\p{L})|吨|公吨', 1_000],
    ['pounds?|lbs?|磅', 0.453_592_37],
    ['ounces?|oz|盎司', 0.028_349_523],
    ['grams?|g(?!\\p{L})|克', 0.001],
    ['斤', 0.5],
  ],
  area: [
    ['square kilomet(?:er|re)s?|km(?:2|²)|sq\\.? ?km|平方公里|平方千米', 1e6],
    ['square miles?|sq\\.? ?mi|平方英里', 2_589_988],
    ['square met(?:er|re)s?|m(?:2|²)|平方米', 1],
    ['hectares?|ha|公顷', 1e4],
    ['acres?|英亩', 4_046.86],
    ['square f(?:ee|oo)t|sq\\.? ?ft', 0.092_903],
  ],
  speed: [
    [
      'kilomet(?:er|re)s? (?:per|an) hour|km\\/h|kph|(?:公里|千米)(?:每小时|\\/小时|\\/时|的时速)',
      1 / 3.6,
    ],
    ['miles? (?:per|an) hour|mph|英里每小时', 0.447_04],
    ['met(?:er|re)s? (?:per|a) second|m\\/s|米每秒|米\\/秒', 1],
    ['kilomet(?:er|re)s? (?:per|a) second|km\\/s|公里每秒', 1_000],
    ['knots?|节', 0.514_444],
  ],
  temperature: [['°\\s?C|degrees? Celsius|℃|摄氏度|度', 1]],
  duration: [
    ['years?|年', 31_556_952],
    ['months?|个月', 2_629_746],
    ['weeks?|周|星期', 604_800],
    ['days?|天|日', 86_400],
    ['hours?|hrs?|小时', 3_600],
    ['minutes?|min|分钟', 60],
    ['seconds?|秒', 1],
  ],
};
const SCALES: Readonly<Record<string, number>> = {
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
  千: 1e3,
  万: 1e4,
  萬: 1e4,
  百万: 1e6,
  亿: 1e8,
  億: 1e8,
};
const SCALE = String.raw`(?:[\s-]*(thousand|million|billion|trillion|百万|千(?!米|克)|[万萬亿億]))?`;
const NUMBER = String.raw`(?<![\d.,])(-?\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?)`;

/** A number with its unit, and the factor of the unit. */
const patternsOf = (units: readonly Unit[]): readonly (readonly [RegExp, number])[] =>
  units.map(([unit, factor]) => {
    const tail = unit === '' ? '' : String.raw`[\s-]?(?:${unit})(?![a-z])`;
    return [new RegExp(NUMBER + SCALE + tail, 'giu'), factor];
  });
const PATTERNS = {
  ...(Object.fromEntries(
    Object.entries(UNITS).map(([dimension, units]) => [dimension, patternsOf(units)]),
  ) as Record<keyof typeof UNITS, ReturnType<typeof patternsOf>>),
  count: patternsOf([['', 1]]),
};

/** All quantities of one dimension in a sentence, in their order; years are plain numbers from 1 to 2100. */
export function quantitiesIn(sentence: string, dimension: Dimension): Quantity[] {
  if (dimension === 'year') return yearsIn(sentence);
  const found: Quantity[] = [];
  for (const [pattern, factor] of PATTERNS[dimension]) {
    for (const match of sentence.matchAll(pattern)) {
      const [text, number = '', scale = ''] = match;
      if (found.some((one) => one.start === match.index)) continue;
      if (dimension === 'count' && scale === '' && /^(?:1\d{3}|20\d{2})$/u.test(number)) continue;
      const value =
        Number(number.replace(/[,\u00a0\u202f]/gu, '')) *
        (SCALES[scale.toLowerCase()] ?? 1) *
        factor;
      found.push({ value, text: text.trim(), start: match.index });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

function yearsIn(sentence: string): Quantity[] {
  const found: Quantity[] = [];
  for (const match of sentence.matchAll(
    /(?<![\d.,])(\d{1,4})\s?(?:BCE?|B\.C\.(?:E\.)?)|(?:公元前|西元前)(\d{1,4})年?|(?<![\d.,])(1\d{3}|20\d{2}|\d{3,4}(?=年))(?![\d,.]\d)/gu,
  )) {
    const [text, before, han, year] = match;
    const value = year === undefined ? -Number(before ?? han) : Number(year);
    if (value <= 2_100) found.push({ value, text: text.trim(), start: match.index });
  }
  return found;
}

/** The quantity nearest to one of the words that name it; without such a word, the first. */
export function nearestQuantity(
  sentence: string,
  dimension: Dimension,
  words: RegExp,
): Quantity | null {
  const all = quantitiesIn(sentence, dimension);
  const named = [...sentence.matchAll(new RegExp(words.source, 'giu'))].map(({ index }) => index);
  if (named.length === 0) return all[0] ?? null;
  const distance = ({ start, text }: Quantity): number =>
    Math.min(...named.map((at) => (at < start ? start - at : at - start - text.length)));
  return all.reduce<Quantity | null>(
    (best, one) => (best === null || distance(one) < distance(best) ? one : best),
    null,
  );
}

/** English and Chinese names of the dimensions' units, after a number. */
const UNIT_NAMES: Readonly<Record<Dimension, readonly [english: string, chinese: string]>> = {
  length: [' m', '米'],
  mass: [' kg', '千克'],
  area: [' m²', '平方米'],
  speed: [' m/s', '米/秒'],
  temperature: [' °C', '℃'],
  count: ['', ''],
  year: [' years', '年'],
  duration: [' s', '秒'],
};

/** A value in its dimension's unit, or in kilometres where it is large, for people to read. */
export function withUnit(value: number, dimension: Dimension, chinese: boolean): string {
  // Digits that only the binary fraction adds are cut off.
  const short = (number: number): string =>
    Number(number.toPrecision(9)).toLocaleString('en', { maximumFractionDigits: 3 });
  if (dimension === 'year') return `${value}${UNIT_NAMES.year[chinese ? 1 : 0]}`;
  if (dimension === 'length' && value >= 10_000) {
    return `${short(value / 1_000)}${chinese ? '千米' : ' km'}`;
  }
  if (dimension === 'area' && value >= 1e6) {
    return `${short(value / 1e6)}${chinese ? '平方千米' : ' km²'}`;
  }
  return `${short(value)}${UNIT_NAMES[dimension][chinese ? 1 : 0]}`;
}
