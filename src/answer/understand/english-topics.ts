/** What an English question or answer speaks of: names, quoted titles, noun phrases after a determiner. */

/** Words with a capital at the start of a question that are no names. */
const OPENING = new Set(
  `who whom whose what which when where why how is are was were do does did can could will would shall
  should may might must has have had am the a an in on at of for from to by with about and or but so also
  then if according during after before since until between among under over there this that these those
  it he she they his her its their name tell give list please explain describe define show compare i you
  we my your our besides aside other another many much some any all each every both not no yes ok okay`
    .split(/\s+/u)
    .filter((word) => word !== ''),
);
/** May stand inside a name: University of Warsaw, Vasco da Gama. */
const LINK = String.raw`(?:of(?: the)?|de|da|del|della|di|du|la|le|van|von|der|den|bin|al|and the|y|zu)`;
const CAPITAL = String.raw`(?:\p{Lu}[\p{L}\p{M}\p{N}'’.&-]*|\p{Ll}\p{Lu}[\p{L}\p{N}]*)`;
const NAME = new RegExp(
  String.raw`${CAPITAL}(?:[ -](?:${CAPITAL}|\d+(?:st|nd|rd|th)?)|[ ]${LINK}[ ]${CAPITAL})*`,
  'gu',
);
const QUOTED = /["“«]([^"”»]{2,80})["”»]/gu;
const MONTH =
  /^(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)(?: \d+)*$/u;
/** `the giant panda`, `a bridge cable of steel`; ends before a verb-like or function word. */
const DETERMINED =
  /\b(?:the|an?)\s+((?:(?!(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|that|which|who|when|where|in|on|at|for|from|to|by|with|and|or|than|as|into|during|most|first|last|name|number|amount|kind|type)\b)[\p{L}\p{N}'’-]+\s?){1,4}(?:of (?:the )?(?:(?!(?:is|are|was|were)\b)[\p{L}\p{N}'’-]+\s?){1,3})?)/giu;
/** `What do tardigrades eat?`: the subject follows the auxiliary. */
const AFTER_AUXILIARY =
  /\b(?:do|does|did|can|could|is|are|was|were|has|have|had|will|would)\s+((?!(?:the|an?|it|he|she|they|there|this|that|you|we|i)\b)[\p{L}'’-]{3,})/iu;

/** Names in order of appearance, without the possessive `'s`; months and opening words left out. */
export function namesIn(text: string): string[] {
  const names: string[] = [];
  const add = (name: string): void => {
    if (name !== '' && !names.includes(name)) names.push(name);
  };
  for (const [, title] of text.matchAll(QUOTED)) add((title ?? '').trim());
  for (const match of text.matchAll(NAME)) {
    const words = match[0].replace(/(?<![.,;:!?])[.,;:!?]+$/u, '').split(' ');
    while (words.length > 0 && OPENING.has((words[0] ?? '').toLowerCase())) words.shift();
    const last = (words.at(-1) ?? '').replace(/['’]s?$/u, '');
    const name = [...words.slice(0, -1), last].join(' ').trim();
    // A lone capital word that opens a sentence may be any word: it counts when it is capital elsewhere.
    if (/^\p{L}$/u.test(name) || MONTH.test(name)) continue;
    add(name);
  }
  return names;
}

/** `the mill at Talby`: a thing told by its place. "The height of K2" is an attribute of K2, and left out. */
const PLACED = new RegExp(
  String.raw`\bthe ((?:(?!(?:is|are|was|were|do|does|did|has|have|had|that|which|who|when|where|and|or|first|last|name|number|amount|kind|type|population|weather|time)\b)\p{Ll}[\p{L}’'-]* ){1,3}?)(?:at|in|on|near|over|under|across|from|by|outside|below|behind) (?:the )?(${CAPITAL}(?:[ -]${CAPITAL}|[ ]${LINK}[ ]${CAPITAL})*)`,
  'gu',
);

/** A thing and the place that tells it from others of its kind. */
export interface PlacedThing {
  /** As it was said: `the mill at Talby`. */
  readonly text: string;
  /** `mill` */
  readonly thing: string;
  /** `Talby` */
  readonly place: string;
}

/** Things that the text tells by their places, in order of appearance. */
export function placedThings(text: string): PlacedThing[] {
  return [...text.matchAll(PLACED)].map(([found, thing = '', place = '']) => {
    const bare = place.replace(/['’]s?$/u, '');
    return {
      text: found.slice(0, found.length - place.length + bare.length),
      thing: thing.trim(),
      place: bare,
    };
  });
}

/** Candidates for what the text is about, most specific kind first; may be empty. */
export function englishTopics(text: string): string[] {
  const names = namesIn(text);
  if (names.length > 0) return [...placedThings(text).map((placed) => placed.text), ...names];
  const phrases = [...text.matchAll(DETERMINED)]
    .map(([, phrase]) => (phrase ?? '').trim())
    .filter((phrase) => phrase !== '')
    .map((phrase) => `the ${phrase}`);
  const subject = AFTER_AUXILIARY.exec(text)?.[1];
  return subject === undefined ? phrases : [...phrases, subject];
}
