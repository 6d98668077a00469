/**
 * Nuggets: the single facts that a good answer holds (as TREC's question answering track scored them),
 * each with the phrases that convey it. A phrase is looked for after both sides were normalised: NFKC,
 * lower case, white space, quotes and dashes, "1,200" as "1200", number words up to twenty and the tens
 * as digits, "percent" as "%", a few British spellings, "21-day" as "21 day", Markdown's backticks and
 * stars left out. A phrase that begins with a letter must begin at the start of a word; one that begins
 * or ends with a digit must not touch another digit. Word ends are free, so that stems match.
 */
export interface Nugget {
  /** The fact in words; for lists of what was missed. */
  readonly text: string;
  /** Any of these conveys it. */
  readonly any_of: readonly string[];
  /** True: no good answer lacks it. */
  readonly vital: boolean;
}

export interface NuggetScore {
  /** Share of the vital nuggets that are conveyed; null without any. */
  readonly vital: number | null;
  /** Share of all nuggets. */
  readonly all: number;
  /** True: every vital nugget is conveyed. */
  readonly full: boolean;
  readonly missed: readonly string[];
}

const UNSPACED = String.raw`\u3040-\u30ff\u3400-\u9fff`;
const BETWEEN_UNSPACED = new RegExp(`(?<=[${UNSPACED}]) (?=[${UNSPACED}])`, 'gu');
const STARTS_UNSPACED = new RegExp(`^[${UNSPACED}]`, 'u');

const NUMBERS = new Map<string, string>([
  ...`one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty`
    .split(/\s+/u)
    .map((word, index) => [word, String(index + 1)] as const),
  ...`thirty forty fifty sixty seventy eighty ninety`
    .split(' ')
    .map((word, index) => [word, String(30 + 10 * index)] as const),
  ...`zwei drei vier fünf sechs sieben acht neun zehn elf zwölf`
    .split(' ')
    .map((word, index) => [word, String(index + 2)] as const),
  ['zwanzig', '20'],
  ['dreißig', '30'],
]);
const NUMBER_WORD = new RegExp(
  String.raw`(?<![a-zß-ɏ-])(${[...NUMBERS.keys()].join('|')})(?![a-zß-ɏ])`,
  'gu',
);
const AMERICAN = new Map<string, string>([
  ['isation', 'ization'],
  ['litre', 'liter'],
  ['metre', 'meter'],
  ['centre', 'center'],
  ['colour', 'color'],
  ['labour', 'labor'],
  ['favour', 'favor'],
  ['honour', 'honor'],
  ['programme', 'program'],
]);
const BRITISH =
  /(?<=[a-z])(?:isation|litre|metre)(?=s?\b)|\b(?:litre|metre|centre|colour|labour|favour|honour|programme)(?=s?\b)/gu;

/** A text as phrases are looked for in it. */
export function normaliseForNuggets(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[’‘]/gu, "'")
    .replace(/[“”«»]/gu, '"')
    .replace(/[\u00AD\u200B`]|\*\*/gu, '')
    .replace(/[\u2010-\u2015\u2212]/gu, '-')
    .toLowerCase()
    .replace(/(?<=\d),(?=\d{3})/gu, '')
    .replace(/\s+/gu, ' ')
    .replace(NUMBER_WORD, (word) => NUMBERS.get(word) ?? word)
    .replace(BRITISH, (word) => AMERICAN.get(word) ?? word)
    .replace(
      /(\d) ?(?:%|percent\b|per cent\b|prozent\b|pour cent\b|por ciento\b|per cento\b)/gu,
      '$1%',
    )
    .replace(/(?<=\d)-(?=[a-z])/gu, ' ')
    .replace(BETWEEN_UNSPACED, '')
    .trim();
}

const patterns = new Map<string, RegExp>();

/** Does a phrase occur in a text that `normaliseForNuggets` gave? */
export function holdsPhrase(phrase: string, normalised: string): boolean {
  let pattern = patterns.get(phrase);
  if (pattern === undefined) {
    const wanted = normaliseForNuggets(phrase);
    const literal = wanted.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
    const before = /^\d/u.test(wanted)
      ? String.raw`(?<!\d)(?<!\d[.,])`
      : /^\p{L}/u.test(wanted) && !STARTS_UNSPACED.test(wanted)
        ? String.raw`(?<![a-zß-ɏ])`
        : '';
    pattern = new RegExp(
      before + literal + (/\d$/u.test(wanted) ? String.raw`(?![.,]?\d)` : ''),
      'u',
    );
    patterns.set(phrase, pattern);
  }
  return pattern.test(normalised);
}

/** @param text the answer without its `[n]` marks; empty where none was given */
export function scoreNuggets(nuggets: readonly Nugget[], text: string): NuggetScore {
  const normalised = normaliseForNuggets(text);
  const found = nuggets.map(
    ({ any_of: phrases }) =>
      normalised !== '' && phrases.some((phrase) => holdsPhrase(phrase, normalised)),
  );
  const share = (some: readonly boolean[]): number =>
    some.filter(Boolean).length / Math.max(1, some.length);
  const vital = found.filter((_, index) => nuggets[index]?.vital === true);
  return {
    vital: vital.length === 0 ? null : share(vital),
    all: share(found),
    full: vital.every(Boolean),
    missed: nuggets.filter((_, index) => found[index] !== true).map((nugget) => nugget.text),
  };
}
