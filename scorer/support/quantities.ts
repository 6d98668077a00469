/**
 * Numbers, dates and units of a text in one canonical form, so that `two`, `2`, `二` and `２` are the
 * same, `1,000` is `1000`, `3.5 million` is `350万`, and `March 5, 2010` is `2010年3月5日`. A date is
 * read as its parts (year, month, day): each part has to be found again, in whatever form.
 */

/** A number's key that reads as a year, 1000 to 2099. */
export const YEAR_KEY = /^n:(?:1\d|20)\d{2}$/u;

export interface Quantity {
  /** Canonical key: `n:1000`, `month:3`, `decade:1990`, `century:20`. */
  readonly key: string;
  /** Canonical unit where one stands next to the number: `%`, `km`, `usd`, … */
  readonly unit: string | null;
  readonly start: number;
  readonly end: number;
  /** False for words that are numbers only sometimes (`one`, `first`, `一`): never demanded. */
  readonly strict: boolean;
}

const ones =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const ordinals =
  'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth'.split(
    ' ',
  );
const small = new Map<string, number>([
  ...ones.map((word, value) => [word, value] as const),
  ...tens.map((word, index) => [word, (index + 2) * 10] as const),
  ...ordinals.map((word, value) => [word, value] as const),
  ['dozen', 12],
]);
const scales = new Map<string, number>([
  ['hundred', 100],
  ['thousand', 1e3],
  ['million', 1e6],
  ['billion', 1e9],
  ['trillion', 1e12],
  ['mn', 1e6],
  ['bn', 1e9],
]);
const months = new Map<string, number>(
  'january february march april may june july august september october november december'
    .split(' ')
    .flatMap((name, index) => [
      [name, index + 1] as const,
      ...(name === 'may' ? [] : [[name.slice(0, 3), index + 1] as const]),
    ])
    .concat([['sept', 9]]),
);
const hanDigits = new Map<string, number>(
  Array.from('零一二三四五六七八九', (character, value) => [character, value] as const),
);
for (const [character, value] of [
  ['〇', 0],
  ['两', 2],
  ['兩', 2],
  ['壹', 1],
  ['贰', 2],
  ['叁', 3],
] as const)
  hanDigits.set(character, value);
const hanScales = new Map<string, number>([
  ['十', 10],
  ['百', 100],
  ['千', 1e3],
  ['万', 1e4],
  ['萬', 1e4],
  ['亿', 1e8],
  ['億', 1e8],
]);

const unitForms: readonly (readonly [string, readonly string[]])[] = [
  ['%', ['%', '％', 'percent', 'per cent', '百分比']],
  ['km', ['km', 'kilometer', 'kilometre', 'kilometers', 'kilometres', '公里', '千米']],
  ['mi', ['mi', 'mile', 'miles', '英里', '英哩', '哩']],
  ['m', ['m', 'meter', 'metre', 'meters', 'metres', '米', '公尺']],
  ['cm', ['cm', 'centimeters', 'centimetres', '厘米', '公分']],
  ['mm', ['mm', 'millimeters', 'millimetres', '毫米', '公厘']],
  ['ft', ['ft', 'foot', 'feet', '英尺', '英呎']],
  ['kg', ['kg', 'kilogram', 'kilograms', '公斤', '千克']],
  ['g', ['g', 'gram', 'grams', '克', '公克']],
  ['lb', ['lb', 'lbs', 'pound', 'pounds', '磅']],
  ['t', ['ton', 'tons', 'tonne', 'tonnes', '吨', '噸']],
  ['year', ['year', 'years', '年间', '岁', '歲']],
  ['day', ['day', 'days', '天']],
  ['hour', ['hour', 'hours', '小时', '小時']],
  ['minute', ['minute', 'minutes', '分钟', '分鐘']],
  ['second', ['second', 'seconds', '秒']],
  ['usd', ['$', 'us$', 'dollar', 'dollars', '美元', '美金']],
  ['gbp', ['£', '英镑', '英鎊']],
  ['eur', ['€', 'euro', 'euros', '欧元', '歐元']],
  ['cny', ['¥', 'yuan', '人民币', '元']],
  ['am', ['am', 'a.m', '上午']],
  ['pm', ['pm', 'p.m', '下午']],
  ['c', ['°c', '℃', '摄氏度', '攝氏度']],
  ['f', ['°f', '华氏度']],
];
const units = new Map<string, string>(
  unitForms.flatMap(([unit, forms]) => forms.map((form) => [form, unit] as const)),
);
const unitAfter = new RegExp(
  `^[\\s-]?(${unitForms
    .flatMap(([, forms]) => forms)
    .sort((a, b) => b.length - a.length)
    .map(
      (form) =>
        form.replace(/[$.*+?^()[\]{}|\\]/gu, String.raw`\$&`) +
        (/[a-z]$/u.test(form) ? '(?![a-z])' : ''),
    )
    .join('|')})`,
  'u',
);

const NUMBER_WORD = `(?:${[...small.keys(), ...scales.keys()].sort((a, b) => b.length - a.length).join('|')})`;
const HAN = '[零〇一二三四五六七八九两兩壹贰叁十百千万萬亿億]';
const PATTERN = new RegExp(
  [
    String.raw`(?<decade>(?:1[0-9]|20)\d0)(?:'?s\b|年代)`,
    String.raw`(?<century>\d{1,2})(?:st|nd|rd|th)[ -]centur(?:y|ies)|(?<hancentury>\d{1,2}|${HAN}{1,3})世[纪紀](?:(?<handecade>\d0|${HAN}{1,2})年代)?`,
    String.raw`(?<digits>\d+(?:[,，]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:st|nd|rd|th)?(?<scale>[ -]?(?:hundred|thousand|million|billion|trillion|bn|mn)\b|\s?[十百千万萬亿億]+)?`,
    String.raw`\b(?<words>${NUMBER_WORD}(?:(?:[ -]|\sand\s)${NUMBER_WORD})*)\b`,
    String.raw`\b(?<month>${[...months.keys()].sort((a, b) => b.length - a.length).join('|')})\b\.?`,
    `(?<percent>百分之)?(?<han>${HAN}+)`,
  ].join('|'),
  'gu',
);

/** Value of English number words (`two hundred and five`, `twenty-one`), or null when they are a list. */
function wordValue(words: readonly string[]): number | null {
  let total = 0;
  let group = 0;
  let last = Infinity;
  for (const word of words) {
    const scale = scales.get(word);
    if (scale !== undefined) {
      if (scale === 100) group = Math.max(group, 1) * 100;
      else {
        total += Math.max(group, 1) * scale;
        group = 0;
      }
      last = Infinity;
      continue;
    }
    const value = small.get(word) ?? 0;
    if (value >= last || (last < 20 && last !== Infinity)) return null;
    group += value;
    last = value;
  }
  return total + group;
}

/** Value of a Chinese numeral, positional (`二〇一〇`) or with powers (`三百二十一`, `一万二千`). */
export function hanValue(text: string): number | null {
  if (!Array.from(text).some((character) => hanScales.has(character))) {
    return Number(Array.from(text, (character) => hanDigits.get(character) ?? 0).join(''));
  }
  let total = 0;
  let section = 0;
  let digit: number | null = null;
  for (const character of text) {
    const value = hanDigits.get(character);
    if (value !== undefined) {
      digit = value;
      continue;
    }
    const scale = hanScales.get(character) ?? 1;
    if (scale >= 1e4) {
      section = (section + (digit ?? 0) || 1) * scale;
      total += section;
      section = 0;
    } else {
      section += (digit ?? 1) * scale;
    }
    digit = null;
  }
  return total + section + (digit ?? 0);
}

function key(value: number): string {
  return `n:${Number(value.toPrecision(12))}`;
}

/** Full-width digits and signs to ASCII, lower case; the length never changes. */
function narrow(text: string): string {
  return text
    .replace(/[０-９．％＄，]/gu, (character) =>
      String.fromCharCode(character.charCodeAt(0) - 0xfee0),
    )
    .replace(/[A-Z]+/gu, (letters) => letters.toLowerCase());
}

/** All quantities of a text, in order, with offsets (UTF-16) into it. */
export function readQuantities(text: string): Quantity[] {
  const folded = narrow(text);
  const found: Quantity[] = [];
  const push = (quantity: string, start: number, end: number, strict: boolean): void => {
    const before = /(us\$|[$£€¥])\s?$/u.exec(folded.slice(Math.max(0, start - 4), start))?.[1];
    const after = unitAfter.exec(folded.slice(end, end + 14))?.[1];
    const unit = before === undefined ? after : before;
    found.push({
      key: quantity,
      unit: unit === undefined ? null : (units.get(unit) ?? null),
      start,
      end,
      strict,
    });
  };
  for (const match of folded.matchAll(PATTERN)) {
    const groups = match.groups ?? {};
    const start = match.index;
    const end = start + match[0].length;
    if (groups['decade'] !== undefined) push(`decade:${groups['decade']}`, start, end, true);
    else if (groups['century'] !== undefined)
      push(`century:${groups['century']}`, start, end, true);
    else if (groups['hancentury'] !== undefined) {
      const read = (digits: string): number =>
        /^\d/u.test(digits) ? Number(digits) : (hanValue(digits) ?? 0);
      const century = read(groups['hancentury']);
      const decade = groups['handecade'];
      push(
        decade === undefined
          ? `century:${century}`
          : `decade:${(century - 1) * 100 + read(decade)}`,
        start,
        end,
        true,
      );
    } else if (groups['digits'] !== undefined) {
      let value = Number(groups['digits'].replace(/[,，]/gu, ''));
      const scale = groups['scale']?.replace(/[\s-]/gu, '');
      if (scale !== undefined && scale !== '') {
        value *= scales.get(scale) ?? hanPower(scale);
      }
      push(key(isNegative(folded, start) ? -value : value), start, end, true);
    } else if (groups['words'] !== undefined) {
      const words = groups['words'].split(/[\s-]+/u).filter((word) => word !== 'and');
      const value = wordValue(words);
      if (value === null) {
        for (const word of words) {
          const single = small.get(word) ?? scales.get(word);
          if (single !== undefined) push(key(single), start, end, single >= 2 && word !== 'second');
        }
      } else {
        // "hundreds of", a bare "million" or "second" alone says nothing exact.
        const vague = words.length === 1 && (scales.has(words[0] ?? '') || words[0] === 'second');
        push(key(value), start, end, value >= 2 && !vague);
      }
    } else if (groups['month'] !== undefined) {
      const month = months.get(groups['month']) ?? 0;
      // "may" and "march" are months only when written as names.
      const named = /^\p{Lu}/u.test(text.slice(start, start + 1));
      if (named) push(`month:${month}`, start, end, true);
    } else if (groups['han'] !== undefined) {
      const value = hanValue(groups['han']);
      const bare = groups['han'].length === 1 && hanScales.has(groups['han']) && value !== 10;
      if (value !== null && !bare) push(key(value), start, end, value >= 2);
      const pushed = found.at(-1);
      if (groups['percent'] !== undefined && pushed !== undefined) {
        found[found.length - 1] = { ...pushed, unit: '%' };
      }
    }
  }
  return withHanMonths(found, folded);
}

/** A minus before a number: `-5`, `minus 5`, `零下5`; neither a range nor a date nor a list's dash. */
function isNegative(folded: string, start: number): boolean {
  return /(?:^|[\s(（:：=])[-−–]$|\b(?:minus|negative)\s$|(?:零下|负|負)$/u.test(
    folded.slice(Math.max(0, start - 10), start),
  );
}

function hanPower(scale: string): number {
  let power = 1;
  for (const character of scale) power *= hanScales.get(character) ?? 1;
  return power;
}

/** `3月` is a month: the same key as `March`. `14月` is none, and no other 14 stands for it. */
function withHanMonths(quantities: readonly Quantity[], folded: string): Quantity[] {
  return quantities.map((quantity) =>
    folded[quantity.end] === '月' && /^n:\d{1,2}$/u.test(quantity.key)
      ? { ...quantity, key: `month:${quantity.key.slice(2)}`, unit: null }
      : quantity,
  );
}

export interface QuantityCheck {
  /** Quantities of the claim that the evidence lacks, or has with another unit. */
  readonly missing: readonly Quantity[];
  /** Quantities of the claim that are demanded. */
  readonly demanded: number;
}

/** Which exact quantities of `claim` does `evidence` lack? */
export function checkQuantities(
  claim: readonly Quantity[],
  evidence: readonly Quantity[],
): QuantityCheck {
  const unitsByKey = new Map<string, Set<string | null>>();
  for (const quantity of evidence) {
    const known = unitsByKey.get(quantity.key) ?? new Set<string | null>();
    known.add(quantity.unit);
    unitsByKey.set(quantity.key, known);
  }
  const demanded = claim.filter((quantity) => quantity.strict);
  const missing = demanded.filter((quantity) => {
    const known = unitsByKey.get(quantity.key);
    if (known === undefined) return true;
    // A unit contradicts only another written unit; a bare number leaves it open.
    return quantity.unit !== null && !known.has(quantity.unit) && !known.has(null);
  });
  return { missing, demanded: demanded.length };
}
