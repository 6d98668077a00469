/**
 * The profile of a text: its tokens with weights, quantities, proper names and negations. A profile is
 * made once and compared with many others.
 */
import { tokenize, type Token } from '../../src/core/tokens.ts';
import { readQuantities, type Quantity } from './quantities.ts';
import { stopWords } from './stopwords.ts';

export interface ProfileToken extends Token {
  /** What the token counts for in coverage: content 1 (long words a little more), grammar 0.1. */
  readonly weight: number;
  /** Overlapping pair with the next unspaced character, or null. */
  readonly pair: string | null;
  readonly name: boolean;
  readonly negation: boolean;
}

export interface TextProfile {
  readonly text: string;
  readonly tokens: readonly ProfileToken[];
  readonly words: ReadonlySet<string>;
  readonly pairs: ReadonlySet<string>;
  /** First five letters of long words, for near forms (`France`/`French` need four: see names). */
  readonly prefixes: ReadonlySet<string>;
  readonly quantities: readonly Quantity[];
  /** Total weight of the tokens. */
  readonly weight: number;
  readonly initials: ReadonlySet<string>;
}

const negations = new Set(
  'not no never none nobody nothing neither nor without cannot unable hardly scarcely isn aren wasn weren don doesn didn won wouldn couldn shouldn hasn haven hadn fail failed fails lack lacks lacked false untrue deny denied'.split(
    ' ',
  ),
);
const HAN_NEGATION =
  /不(?![仅僅但过過同断斷久少只论論管料如得错錯锈鏽或]|可[避缺思或估磨忽分逆])|(?<![沉淹埋出吞])没(?!收)|沒(?!收)|无(?![论論限线線数數])|無(?![論限線數])|非(?![洲常])(?<![除是])非|未(?![来來])|並非|并非|否认|否認|从未|從未|禁止/gu;
// Hoisted: a literal in a hot function is made anew, and interpreted, at every call.
const UPPER_START = /^\p{Lu}/u;
const UPPER = /\p{Lu}/u;
const NEXT_UPPER = /^[\s-]\p{Lu}\p{L}/u;
const DIGIT_START = /^\d/u;
const SENTENCE_OPEN = /(?:^|[.!?。！？:：;；\n"“(（][\s"“'’)]*)$/u;

/** Where Chinese negates, by offset. */
function hanNegations(text: string): Set<number> {
  const places = new Set<number>();
  for (const match of text.matchAll(HAN_NEGATION)) places.add(match.index);
  return places;
}

/** The profile of a text, in time linear in its length. */
export function profileOf(text: string): TextProfile {
  const raw = tokenize(text, { stem: true });
  const negated = hanNegations(text);
  const tokens = raw.map((token, index): ProfileToken => {
    const source = text.slice(token.start, token.end);
    const plain = source.toLowerCase().replace(/[’]/gu, "'");
    const next = raw[index + 1];
    const digits = DIGIT_START.test(source);
    const stop = stopWords.has(plain) || stopWords.has(token.text);
    return {
      ...token,
      weight: stop ? 0.1 : token.unspaced ? 0.5 : digits ? 1.3 : source.length > 6 ? 1.2 : 1,
      pair:
        token.unspaced && next?.unspaced === true && next.start === token.end
          ? token.text + next.text
          : null,
      name: !stop && isName(text, token, source),
      negation: token.unspaced
        ? negated.has(token.start)
        : negations.has(plain) || plain.endsWith("n't"),
    };
  });
  const words = new Set(tokens.map((token) => token.text));
  return {
    text,
    tokens,
    words,
    pairs: new Set(tokens.flatMap((token) => token.pair ?? [])),
    prefixes: new Set(
      tokens
        .filter((token) => token.text.length >= 5 && !token.unspaced)
        .map((token) => token.text.slice(0, 5)),
    ),
    quantities: readQuantities(text),
    weight: tokens.reduce((sum, token) => sum + token.weight, 0),
    initials: initialsOf(text),
  };
}

/** Words that open a sentence before a name and are none: `Although Brits …`. */
const openers = new Set(
  'although though however according additionally since despite unlike besides meanwhile therefore thus hence yes moreover furthermore overall currently recently later finally today instead whereas'.split(
    ' ',
  ),
);

/** Capitalised inside a sentence, or with a capital, digit or dot further in: a proper name. */
function isName(text: string, token: Token, source: string): boolean {
  if (token.unspaced || DIGIT_START.test(source) || !UPPER_START.test(source)) return false;
  if (openers.has(source.toLowerCase())) return false;
  if (UPPER.test(source.slice(1))) return true;
  if (!SENTENCE_OPEN.test(text.slice(Math.max(0, token.start - 6), token.start))) {
    return true;
  }
  // First word of a sentence: a name only when another capitalised word follows at once.
  return NEXT_UPPER.test(text.slice(token.end, token.end + 3));
}

/** Initials of runs of capitalised words: `North Atlantic Treaty Organization` → `nato`. */
function initialsOf(text: string): ReadonlySet<string> {
  const initials = new Set<string>();
  for (const match of text.matchAll(
    /(?<![\p{L}'’])\p{Lu}[\p{L}'’]+(?:[\s-]+(?:(?:of|the|and|for|de)\s+)*\p{Lu}[\p{L}'’]+)+/gu,
  )) {
    const letters = match[0]
      .split(/[\s-]+/u)
      .filter((word) => /^\p{Lu}/u.test(word))
      .map((word) => word.charAt(0).toLowerCase());
    for (let from = 0; from < Math.min(letters.length, 8); from += 1)
      for (let to = from + 2; to <= Math.min(letters.length, from + 7); to += 1)
        initials.add(letters.slice(from, to).join(''));
  }
  return initials;
}

const NAME_ALIASES: Readonly<Record<string, readonly string[]>> = {
  unit: ['us', 'usa', 'u.s', 'u', 'uk', 'america'],
  state: ['us', 'usa', 'u.s', 'u', 'america'],
  u: ['us', 'usa', 'u.s', 'america', 'american', 'unit', 'uk'],
  tv: ['televis'],
  televis: ['tv'],
  bc: ['bce'],
  bce: ['bc'],
  us: ['america', 'american', 'unit'],
  'u.s': ['america', 'american', 'unit'],
  usa: ['america', 'american', 'unit'],
  uk: ['britain', 'british', 'unit'],
  america: ['us', 'usa', 'unit'],
  american: ['us', 'usa', 'america', 'unit'],
  british: ['uk', 'britain', 'england', 'english'],
  dutch: ['netherland', 'holland'],
};

/** Does the text know this proper name: as a word, a near form (`France`, `French`), or by initials? */
export function knowsName(name: string, evidence: TextProfile): boolean {
  if (evidence.words.has(name) || evidence.initials.has(name)) return true;
  if (name.length >= 5 && evidence.prefixes.has(name.slice(0, 5))) return true;
  if (name.length >= 4) {
    const head = name.slice(0, 4);
    for (const word of evidence.words) {
      if (word.startsWith(head) && Math.abs(word.length - name.length) <= 4 && word.length >= 4)
        return true;
    }
  }
  return (NAME_ALIASES[name] ?? []).some((alias) => evidence.words.has(alias));
}
