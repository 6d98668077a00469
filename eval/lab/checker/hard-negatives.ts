/**
 * Real sentences made false, or true in part only, in one place: what small models get wrong. Every
 * change names the characters of the new sentence that do not follow, so that the cross-encoder can be
 * shown the place and not only told that something is wrong.
 */
import { antonymOf } from '../../../scorer/support/polarity.ts';
import { profileOf, type TextProfile } from '../../../scorer/support/text-profile.ts';

/** `main`: what the sentence says first still follows; `contradicts`: the source says otherwise. */
export interface Changed {
  readonly kind: string;
  readonly text: string;
  readonly wrong: readonly (readonly [number, number])[];
  readonly main: boolean;
  readonly contradicts: boolean;
}

export type Random = () => number;

const HAN = /\p{Script=Han}/u;
const pick = <T>(list: readonly T[], random: Random): T | undefined =>
  list[Math.floor(random() * list.length)];

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Puts texts in places (in their order, not overlapping) and says where they are now. */
function replace(
  sentence: string,
  edits: readonly { readonly at: Place; readonly by: string }[],
): { text: string; wrong: [number, number][] } {
  let text = '';
  let last = 0;
  const wrong: [number, number][] = [];
  for (const { at, by } of edits) {
    text += sentence.slice(last, at.start);
    wrong.push([text.length, text.length + by.length]);
    text += by;
    last = at.end;
  }
  return { text: text + sentence.slice(last), wrong };
}

/** Runs of neighbouring name tokens: `Marie Curie`; in Chinese what stands in 《》 or has a dot inside. */
function namePlaces(profile: TextProfile): Place[] {
  if (HAN.test(profile.text)) {
    return [
      ...profile.text.matchAll(/《[^》]{2,20}》|[\p{Script=Han}]{1,6}[·‧][\p{Script=Han}]{1,8}/gu),
    ].map((match) => ({ start: match.index, end: match.index + match[0].length }));
  }
  const places: Place[] = [];
  for (const { name, start, end } of profile.tokens) {
    if (!name) continue;
    const last = places.at(-1);
    if (last !== undefined && /^[\s-]$/u.test(profile.text.slice(last.end, start)))
      places[places.length - 1] = { start: last.start, end };
    else places.push({ start, end });
  }
  return places;
}

function textAt(profile: TextProfile, { start, end }: Place): string {
  return profile.text.slice(start, end);
}

/** Two places of the sentence change their contents. */
function swapped(
  kind: string,
  profile: TextProfile,
  places: readonly Place[],
  random: Random,
): Changed | null {
  const pairs = places.flatMap((a, index) =>
    places.slice(index + 1).flatMap((b) => {
      const [left, right] = [textAt(profile, a), textAt(profile, b)];
      const between = profile.text.slice(a.end, b.start);
      // "A and B" is the same as "B and A".
      const listed = /^\s*(?:,|and|or|&|、|和|与|與|及|or|–|-|to)\s*(?:the )?$/iu.test(between);
      return left === right || left.includes(right) || right.includes(left) || listed
        ? []
        : [[a, b] as const];
    }),
  );
  const pair = pick(pairs, random);
  if (pair === undefined) return null;
  const [a, b] = pair;
  const made = replace(profile.text, [
    { at: a, by: textAt(profile, b) },
    { at: b, by: textAt(profile, a) },
  ]);
  return { kind, ...made, main: false, contradicts: true };
}

export function swapNames(profile: TextProfile, random: Random): Changed | null {
  return swapped('swap-names', profile, namePlaces(profile), random);
}

export function swapQuantities(profile: TextProfile, random: Random): Changed | null {
  const digits = [...profile.text.matchAll(/\d+(?:[.,]\d+)*/gu)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
  return swapped('swap-quantities', profile, digits, random);
}

/** A name or number of a neighbouring sentence stands where another one belongs. */
export function fromNeighbour(
  profile: TextProfile,
  neighbours: readonly TextProfile[],
  random: Random,
): Changed | null {
  const numbers = random() < 0.4;
  const placesOf = (one: TextProfile): Place[] =>
    numbers
      ? [...one.text.matchAll(/\d{1,4}(?:[.,]\d+)*/gu)].map((match) => ({
          start: match.index,
          end: match.index + match[0].length,
        }))
      : namePlaces(one);
  const at = pick(placesOf(profile), random);
  if (at === undefined) return null;
  const old = textAt(profile, at);
  const others = neighbours
    .flatMap((one) => placesOf(one).map((place) => textAt(one, place)))
    .filter(
      (other) =>
        !profile.text.includes(other) &&
        (!numbers || (other.length === old.length && Math.abs(other.length - old.length) < 2)) &&
        !other.includes(old),
    );
  const by = pick(others, random);
  if (by === undefined) return null;
  return {
    kind: numbers ? 'neighbour-number' : 'neighbour-name',
    ...replace(profile.text, [{ at, by }]),
    main: false,
    contradicts: true,
  };
}

/** Words that claim more than their source, and what the source said. */
const WIDENED: readonly (readonly [RegExp, string])[] = [
  [/\bmost\b/u, 'all'],
  [/\bmany\b/u, 'all'],
  [/\bsome\b/u, 'most'],
  [/\bsometimes\b/u, 'always'],
  [/\busually\b/u, 'always'],
  [/\boften\b/u, 'always'],
  [/\bmainly\b/u, 'only'],
  [/\bcan be\b/u, 'must be'],
  [/\bmay have\b/u, 'has'],
  [/\bmay be\b/u, 'is'],
  [/\bmay\b/u, 'will'],
  [/\bmight\b/u, 'will'],
  [/\bcould\b/u, 'will'],
  [/\bplanned to\b/u, 'managed to'],
  [/\bone of the\b/u, 'the only one of the'],
  [/\bnearly\b/u, 'more than'],
  [/\balmost\b/u, 'more than'],
  [/\bat least\b/u, 'at most'],
  [/\bup to\b/u, 'at least'],
  [/\babout half\b/u, 'most'],
  [/\ba few\b/u, 'many'],
  [/大多|大部分/u, '全部'],
  [/有些|部分/u, '所有'],
  [/可能|也许/u, '一定'],
  [/通常|常常|经常|經常/u, '总是'],
  [/计划|計劃/u, '已经'],
  [/至少/u, '至多'],
  [/将近|接近|將近/u, '超过'],
  [/之一/u, '中唯一的一个'],
];

/** Certainty or scope is widened; the main statement is left. */
export function widen(profile: TextProfile, random: Random): Changed | null {
  const found = WIDENED.flatMap(([pattern, by]) => {
    const match = pattern.exec(profile.text);
    return match === null
      ? []
      : [{ at: { start: match.index, end: match.index + match[0].length }, by }];
  });
  const edit = pick(found, random);
  if (edit === undefined) return null;
  return { kind: 'widen', ...replace(profile.text, [edit]), main: true, contradicts: false };
}

/** A word's opposite in its place: direction, order, degree. */
export function turnAround(profile: TextProfile, random: Random): Changed | null {
  const found: { at: Place; by: string }[] = [];
  profile.tokens.forEach((token, index) => {
    const next = profile.tokens[index + 1];
    const two = token.pair !== null && next !== undefined;
    const at = { start: token.start, end: two ? next.end : token.end };
    const by = antonymOf(profile.text.slice(at.start, at.end).toLowerCase());
    if (by !== null) found.push({ at, by });
  });
  const edit = pick(found, random);
  if (edit === undefined) return null;
  return { kind: 'antonym', ...replace(profile.text, [edit]), main: false, contradicts: true };
}

const BE = /\b(is|was|are|were|has|had|can|could|would|will)\b/u;

/** Denies what is said, or says what is denied. */
export function turnNegation(profile: TextProfile): Changed | null {
  const { text } = profile;
  const put = (at: Place, by: string): Changed => ({
    kind: 'negation',
    ...replace(text, [{ at, by }]),
    main: false,
    contradicts: true,
  });
  if (HAN.test(text)) {
    const denied = /(?<=[^差毫])(?:不是|没有|沒有|并未|並未|不能|不会|不會)/u.exec(text);
    if (denied !== null) {
      const by =
        { 是: '是', 有: '有', 未: '', 能: '能', 会: '会', 會: '會' }[denied[0].slice(1)] ?? '';
      return put({ start: denied.index, end: denied.index + denied[0].length }, by);
    }
    const is =
      /(?<![但就还還也而要只总總真正都便即于於算若不])(是(?!否|非)|可以|能够|能夠|位于|位於|属于|屬於)/u.exec(
        text,
      );
    if (is === null || /[不没沒無无未非]/u.test(text)) return null;
    const by = /^[位属屬]/u.test(is[0]) ? `并不${is[0]}` : `不${is[0]}`;
    return put({ start: is.index, end: is.index + is[0].length }, by);
  }
  const denied = /\b(is|was|are|were|has|had|can|could|would|will|did|does|do) not\b/u.exec(text);
  if (denied !== null) {
    return put({ start: denied.index, end: denied.index + denied[0].length }, denied[1] ?? '');
  }
  const be = BE.exec(text);
  if (be === null || /\b(?:not|no|never|none|without|neither|nor)\b|n['’]t/iu.test(text))
    return null;
  return put({ start: be.index, end: be.index + be[0].length }, `${be[0]} not`);
}

const PREDICATE =
  /\b(?:is|was|are|were|has|had|became|began|won|made|wrote|led|died|moved|contains?|includes?|uses?|used|produced?s?|founded|built|designed|received|played|served|worked)\b/u;
const PREDICATE_HAN =
  /是|为|為|位于|位於|成立|出生|毕业|畢業|担任|擔任|获得|獲得|发表|發表|属于|屬於/u;

/** The subject of one sentence with the predicate of another: two things merged. */
export function mergeSentences(profile: TextProfile, other: TextProfile): Changed | null {
  const pattern = HAN.test(profile.text) ? PREDICATE_HAN : PREDICATE;
  const [mine, theirs] = [pattern.exec(profile.text), pattern.exec(other.text)];
  if (mine === null || theirs === null) return null;
  const subject = profile.text.slice(0, mine.index);
  const predicate = other.text.slice(theirs.index);
  const long = HAN.test(profile.text) ? 25 : 70;
  if (subject.length < 2 || subject.length > long || predicate.length < long / 5) return null;
  // "He …" and "It …" may well be the same one.
  if (/^(?:he|she|it|they|this|these|his|her|its|他|她|它|其|该|該|这|這)/iu.test(other.text))
    return null;
  if (/^(?:he|she|it|they|this|these|there|他|她|它|其|该|該|这|這)/iu.test(profile.text))
    return null;
  const own = profileOf(subject).tokens.filter(({ weight }) => weight > 0.2);
  const named = profileOf(other.text.slice(0, theirs.index));
  if (own.every(({ text }) => named.words.has(text))) return null;
  return {
    kind: 'merge',
    text: subject + predicate,
    wrong: [[subject.length, subject.length + predicate.length]],
    main: false,
    contradicts: false,
  };
}

/** Something from elsewhere is added to a true sentence. */
export function addClause(
  profile: TextProfile,
  foreign: TextProfile,
  random: Random,
): Changed | null {
  const stop = /[.。！!？?]+["'”’」]?$/u.exec(profile.text);
  if (stop === null || foreign.text.length > 120 || foreign.text.length < 12) return null;
  const body = profile.text.slice(0, stop.index);
  const chinese = HAN.test(profile.text);
  const clause = foreign.text.replace(/[.。！!？?]+["'”’」]?$/u, '');
  const joined = chinese
    ? pick(['，因为', '，因此', '，并且', '，而'], random)
    : pick([' because ', ', and ', ', so that ', ', while ', ' as a result of this: '], random);
  const lower =
    chinese || foreign.tokens[0]?.name === true
      ? clause
      : clause.charAt(0).toLowerCase() + clause.slice(1);
  const text = `${body}${joined ?? ''}${lower}${stop[0]}`;
  return {
    kind: 'addition',
    text,
    wrong: [[body.length, text.length - stop[0].length]],
    main: true,
    contradicts: false,
  };
}

/** Two true sentences of which the one is now said to be the cause of the other. */
export function addCause(profile: TextProfile, other: TextProfile, random: Random): Changed | null {
  const made = addClause(profile, other, () => (random() < 0.5 ? 0 : 0.3));
  if (made === null) return null;
  const body = made.wrong[0]?.[0] ?? 0;
  const link = /^(?: because |, so that |，因为|，因此)/u.exec(made.text.slice(body));
  if (link === null) return null;
  return { ...made, kind: 'cause', wrong: [[body, body + link[0].length]] };
}
