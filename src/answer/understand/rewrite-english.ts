/** English follow-ups: pronouns, "that bridge", "there", "what about …", "why?", and bare noun phrases. */
import { keywordsOf } from './content-words.ts';
import { englishTopics, namesIn, placedThings } from './english-topics.ts';
import type { Exchange, Rewrite } from './exchange.ts';

const LEAD =
  /^\s*(?:(?:and|but|so|also|then|ok(?:ay)?|oh|well|now|great|thanks|thank you|cool|interesting)\b[\s,.!]*)+/iu;
const PRONOUN = /\b(he|she|him|his|her|hers|it|its|they|them|their|theirs)\b/iu;
const POSSESSIVE = new Set(['his', 'its', 'their', 'theirs', 'hers']);
const PERSONAL = new Set(['he', 'she', 'him', 'his', 'her', 'hers']);
const EXPLETIVE =
  /\bit\b(?= (?:takes?|took|rains?|snows?|possible|true|safe|legal|normal|ok|okay|worth|better|best|mean|means|like)\b)|\b(?:is|was|does|did|will|would|can) it\b(?= (?:take|rain|snow|possible|true|safe|legal|normal|ok|okay|better|mean|cost to|like to)\b)/iu;
const EXISTENTIAL =
  /\bthere (?:is|are|was|were|has|have|will)\b|\b(?:is|are|was|were|has|have|will) there\b/iu;
const DEMONSTRATIVE =
  /\b(?:that|this|these|those|the same|said)\s+(?!(?:is|are|was|were|has|have|had|do|does|did|can|will|would|be|the|a|an|of|in|on|at|to|for|true|mean|means|all|he|she|it|they|we|you|i)\b)((?:[\p{L}-]+\s)?[\p{L}-]+)\b/iu;
const BARE =
  /^(?:why|when|where|who|how|which|how come|why not|how so|since when|by whom|in (?:what|which) (?:year|country|city)|what (?:year|country|city)|how (?:much|many|long|tall|high|deep|far|old|big|large|wide|heavy))\s*\?*$/iu;
const ABOUT = /^(?:what|how) about\s+(\S.*)$/iu;
const TRAILING_MARKS = /(?<![\s?])[\s?]+$/u;
/** "And the one at Enn?", "The mill in Norra?": nothing but another thing of the same kind. */
const ALONE =
  /^((?:the|that) (?:[\p{Ll}-]+ ){0,2}?(?:one|[\p{Ll}-]+) (?:at|in|on|near|over|under|from|by|of|called) (?:the )?\p{Lu}[^?,.]{0,60}|(?:the )?one (?:at|in|on|near|from|of|by) [^?,.]{2,60})\s*\?*$/u;
const TIME = /^(?:year|day|month|century|decade|time|date)s?$/iu;
const WH_START =
  /^\s*(?:in |at |on |of |for |from |by |to )?(?:who|whom|whose|what|which|when|where|why|how(?: \p{L}+)?)\b/iu;

export function rewriteEnglish(question: string, exchanges: readonly Exchange[]): Rewrite | null {
  const last = exchanges.at(-1);
  if (last === undefined) return null;
  const lead = LEAD.exec(question)?.[0] ?? '';
  const body = question.slice(lead.length).trim();
  if (body === '') return null;
  const about = ABOUT.exec(body)?.[1]?.replace(TRAILING_MARKS, '');
  if (about !== undefined) return substitute(about, last);
  const alone = ALONE.exec(body)?.[1];
  if (alone !== undefined) return substitute(alone, last);
  if (BARE.test(body)) return bare(body, last);
  const own = namesIn(body);
  const topic = (personal: boolean) => chooseTopic(exchanges, personal);

  const named = DEMONSTRATIVE.exec(body);
  if (named !== null && namesIn(named[1] ?? '').length === 0) {
    const found = fromDemonstrative(named, exchanges);
    if (found !== null) {
      const length = named[0].length - found.rest.length;
      return put(body, named.index, length, found.text, found.sure, found.text);
    }
  }
  const expletive = EXPLETIVE.exec(body);
  const pronoun = PRONOUN.exec(
    expletive === null ? body : body.replace(EXPLETIVE, (text) => text.replace(/it/iu, '__')),
  );
  if (pronoun !== null) {
    const word = (pronoun[1] ?? '').toLowerCase();
    // "When did Tesla sell his patents?" explains its own pronoun.
    const bound = own.some((name) => {
      const at = body.indexOf(name);
      return at >= 0 && at < pronoun.index;
    });
    if (bound) return null;
    const chosen = topic(PERSONAL.has(word));
    if (chosen === null) return appended(body, last);
    const after = body.slice(pronoun.index + word.length);
    const owns =
      POSSESSIVE.has(word) ||
      (word === 'her' &&
        /^ (?!and\b|or\b|in\b|on\b|at\b|to\b|for\b|from\b|with\b|by\b)\p{L}/u.test(after));
    return put(
      body,
      pronoun.index,
      word.length,
      owns ? possessive(chosen.text) : chosen.text,
      chosen.sure,
      chosen.text,
    );
  }
  const there = /\b(?:over )?there\b/iu.exec(body);
  if (there !== null && !EXISTENTIAL.test(body) && own.length === 0) {
    const chosen = topic(false);
    if (chosen === null) return appended(body, last);
    // There is the place of the thing.
    const place = placedThings(chosen.text)[0]?.place ?? chosen.text;
    return put(body, there.index, there[0].length, `in ${place}`, chosen.sure, place);
  }
  const pointing =
    /\b(?:this|that|these|those)\b(?=\s*(?:\?|$|is|are|was|were|mean|happen|work|change|end|start|begin|cost|take))/iu.exec(
      body,
    );
  if (pointing !== null && own.length === 0) {
    const chosen = topic(false);
    if (chosen === null) return appended(body, last);
    return put(body, pointing.index, pointing[0].length, chosen.text, chosen.sure, chosen.text);
  }
  if (own.length === 0 && leavesOut(body, lead)) {
    const chosen = topic(false);
    if (chosen === null || keywordsOf(chosen.text).some((word) => keywordsOf(body).includes(word)))
      return null;
    return {
      text: `${body.replace(/(?<![\s?.!])[\s?.!]+$/u, '')} of ${chosen.text}?`,
      topic: chosen.text,
      sure: false,
    };
  }
  return null;
}

/** "Who is the director?", "the population?": a noun without its owner, in few words. */
function leavesOut(body: string, lead: string): boolean {
  const content = keywordsOf(body);
  if (content.length === 0 || content.length > 2) return false;
  if (/\b(?:of|in|for|from|than|between|with|about)\b/iu.test(body)) return false;
  return /\bthe\s+[\p{L}-]+\s*\?*$/iu.test(body) || (lead.trim() !== '' && content.length <= 2);
}

/** "What about X?": X in the place of the earlier topic. */
function substitute(about: string, last: Exchange): Rewrite | null {
  if (/^(?:you|yourself|me|us)\b/iu.test(about)) return null;
  const question = last.question.replace(/(?<![\s?])[\s?]+$/u, '');
  if (/^(?:in|on|at|during|after|before|for|with|without|from|by|under|if|when)\b/iu.test(about)) {
    return { text: `${question} ${about}?`, topic: null, sure: true };
  }
  const pronoun = /^(?:its|his|her|their|the)\s+(\S.*)$/iu.exec(about);
  const [topic] = rankTopics([last], false);
  if (topic === undefined) return { text: `${question}: ${about}?`, topic: null, sure: false };
  if (pronoun !== null && namesIn(about).length === 0) {
    return { text: `What is the ${pronoun[1] ?? ''} of ${topic}?`, topic, sure: true };
  }
  const at = last.question.indexOf(topic);
  if (at < 0) return { text: `${about}: ${question}?`, topic: about, sure: false };
  const meant = inPlaceOf(topic, about);
  return {
    text: last.question.slice(0, at) + meant + last.question.slice(at + topic.length),
    topic: meant,
    sure: true,
  };
}

/** "The one at Enn" and "Enn" in the place of "the mill at Talby" are the mill at Enn. */
function inPlaceOf(topic: string, about: string): string {
  const [placed] = placedThings(topic);
  const one =
    /^(?:the |that )?(?:other )?one ((?:at|in|on|near|over|under|from|of|by|called) .+)$/iu.exec(
      about,
    )?.[1];
  if (placed === undefined) return one === undefined ? about : `${topic} ${one}`;
  if (one !== undefined) return `the ${placed.thing} ${one}`;
  const [name, more] = namesIn(about);
  const isName = name === about.replace(/^the /iu, '') && more === undefined;
  return isName ? placed.text.replace(placed.place, about) : about;
}

/** "Why?", "When?": the earlier question's words asked in a new way. */
function bare(body: string, last: Exchange): Rewrite {
  const word = body.replace(/(?<![\s?])[\s?]+$/u, '');
  const rest = last.question
    .replace(WH_START, '')
    .replace(/(?<![\s?])[\s?]+$/u, '')
    .trim();
  const auxiliary = /^(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had)\b/iu.test(
    rest,
  );
  const joint = auxiliary
    ? ' '
    : /^(?:why|when|where|how|since when|in |by )/iu.test(word)
      ? ' was it that '
      : ' ';
  return { text: `${word}${joint}${rest}?`.replace(/\s+/gu, ' '), topic: null, sure: false };
}

/** Nothing to put in: the earlier question's content words go along, for the search. */
function appended(body: string, last: Exchange): Rewrite {
  const words = keywordsOf(last.question).join(' ');
  return {
    text: `${body.replace(/(?<![\s?])[\s?]+$/u, '')} (${words})?`,
    topic: null,
    sure: false,
  };
}

function fromDemonstrative(
  match: RegExpExecArray,
  exchanges: readonly Exchange[],
): { readonly text: string; readonly sure: boolean; readonly rest: string } | null {
  const [first = '', second] = (match[1] ?? '').split(' ');
  const noun = second ?? first;
  if (TIME.test(noun)) {
    const text = exchanges.at(-1)?.answer ?? '';
    const year =
      /\b(?:1\d{3}|20\d{2})\b/u.exec(text)?.[0] ??
      /\b(?:1\d{3}|20\d{2})\b/u.exec(exchanges.at(-1)?.question ?? '')?.[0];
    return year === undefined ? null : { text: `in ${year}`, sure: true, rest: '' };
  }
  const ranked = rankTopics(exchanges, false);
  // "that bridge" is the Golden Gate Bridge, whatever else was named.
  const called = (word: string): string | undefined =>
    ranked.find((topic) =>
      [topic, placedThings(topic)[0]?.thing ?? ''].some((name) =>
        name.toLowerCase().endsWith(word.toLowerCase()),
      ),
    );
  const same = called(noun);
  // "Is that mill still running?": the second word belongs to what is asked.
  const short = same === undefined && second !== undefined ? called(first) : undefined;
  const text = same ?? short ?? ranked[0];
  if (text === undefined) return null;
  const sure = (same ?? short) !== undefined || ranked.length === 1;
  return { text, sure, rest: short === undefined ? '' : ` ${second}` };
}

function chooseTopic(
  exchanges: readonly Exchange[],
  personal: boolean,
): { readonly text: string; readonly sure: boolean } | null {
  const ranked = rankTopics(exchanges, personal);
  const [text] = ranked;
  return text === undefined ? null : { text, sure: ranked.length === 1 };
}

const NO_PERSON =
  /\b(?:Lake|River|Mount|Mountain|Bowl|University|College|Act|War|Battle|Treaty|Church|City|County|Company|Corporation|Inc|Museum|Tower|Bridge|Canal|Sea|Ocean|Island|Islands|Empire|Kingdom|Dynasty|Party|Union|League|Cup|Court|House|School|Station|Street|Desert|Museum|Carta|Who)\b|\d/u;

/**
 * Topics of the last exchange that has any, best first. A "who" question's answer is what "he" and
 * "she" mean; "it" stays with what was asked about. Names that both question and answer have lead,
 * longer ones before shorter.
 */
function rankTopics(exchanges: readonly Exchange[], personal: boolean): string[] {
  for (const { question, answer } of exchanges.toReversed()) {
    const asked = englishTopics(question);
    const answered = answer === null ? [] : namesIn(answer);
    const people = (names: readonly string[]): string[] =>
      names.filter((name) => !NO_PERSON.test(name));
    if (personal) {
      const fresh = people(answered).filter(
        (name) => !asked.some((one) => one.includes(name) || name.includes(one)),
      );
      const who =
        /\b(?:who|whom|whose|which (?:man|woman|person|pope|king|queen|emperor|president|author|actor|scientist))\b/iu.test(
          question,
        );
      const named = people(namesIn(question));
      const first = who && fresh.length > 0 ? [fresh[0] ?? '', ...named] : [...named, ...fresh];
      if (first.length > 0) return first;
    }
    if (asked.length > 0) {
      const text = (answer ?? '').toLowerCase();
      const weight = (topic: string): number =>
        (text.includes(topic.toLowerCase()) ? 4 : 0) +
        // The thing is talked about, not the place that it is told by.
        (placedThings(topic).length > 0 ? 5 : 0) +
        Math.min(3, topic.split(' ').length) +
        (question
          .trimEnd()
          .replace(/(?<!\?)\?+$/u, '')
          .endsWith(topic)
          ? 0.5
          : 0) -
        (/^\p{Lu}{2,4}$/u.test(topic) ? 1.5 : 0);
      return [...asked].sort((a, b) => weight(b) - weight(a));
    }
    if (answered.length > 0) return answered;
  }
  return [];
}

const possessive = (name: string): string => (name.endsWith('s') ? `${name}'` : `${name}'s`);

function put(
  body: string,
  at: number,
  length: number,
  text: string,
  sure: boolean,
  topic: string,
): Rewrite {
  const joined = body.slice(0, at) + text + body.slice(at + length);
  return { text: joined.charAt(0).toUpperCase() + joined.slice(1), topic, sure };
}
