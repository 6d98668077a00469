/**
 * The one resolver of relative dates: "last year", 昨天 and the like become the year, month or day they
 * mean, as the asker's calendar has it. Titles, quotations and names keep their words.
 */

/** A day of the calendar, without a time. */
interface Day {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  readonly day: number;
}

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
/** Titles in marks of any kind. An apostrophe within a word is none. */
const QUOTED =
  /"[^"]{0,200}"|“[^“”]{0,200}”|«[^«»]{0,200}»|《[^《》]{0,200}》|「[^「」]{0,200}」|『[^『』]{0,200}』|(?<![\p{L}\p{N}])['‘][^'’]{2,80}['’](?![\p{L}\p{N}])/gu;

/** What `change` makes of the text outside of quotation and title marks; `before`: all that precedes. */
export function outsideQuotes(
  text: string,
  change: (plain: string, before: string) => string,
): string {
  let made = '';
  let at = 0;
  for (const { 0: quoted, index } of text.matchAll(QUOTED)) {
    made += change(text.slice(at, index), text.slice(0, at)) + quoted;
    at = index + quoted.length;
  }
  return made + change(text.slice(at), text.slice(0, at));
}

/**
 * @param now the instant of the question
 * @param timeZone IANA name of the asker's zone: decides what "today" is
 */
export function resolveDates(question: string, now: Date, timeZone: string): string {
  const today = dayIn(now, timeZone);
  const caseless = isCaseless(question);
  return outsideQuotes(question, (plain, earlier) => {
    const english = ENGLISH.reduce(
      (rest, { words, date, plainly }) =>
        rest.replace(words, (...match: (string | number)[]) => {
          const found = String(match[0]);
          const at = Number(match.findLast((one) => typeof one === 'number'));
          const before = earlier + rest.slice(0, at);
          const after = rest.slice(at + found.length);
          if (isName(found, before, after, caseless)) return found;
          return inSentence(found, date(today), before, plainly);
        }),
      plain,
    );
    return HAN.reduce((rest, { words, date }) => rest.replace(words, date(today)), english);
  });
}

interface Rule {
  readonly words: RegExp;
  readonly date: (today: Day) => string;
}

interface EnglishRule extends Rule {
  /** The preposition that the date takes by itself; null: it stands next to the word ("today (…)"). */
  readonly plainly: 'in' | 'on' | null;
}

/** Whose "last year" it is, or which: "Obama's last year", "the last year of", "every next year". */
const OWNED = String.raw`(?<!(?:\bthe|\bhis|\bher|\bits|\btheir|\bmy|\bour|\byour|['’]s|s['’]|\b(?:first|every|each|final|one|a))\s)`;
const POSSESSIVE = String.raw`(?:['’]s)?`;
const span = (which: string, unit: string): RegExp =>
  new RegExp(String.raw`\b${OWNED}${which} ${unit}\b${POSSESSIVE}(?! of\b)`, 'giu');

const ENGLISH: readonly EnglishRule[] = [
  { words: span('last', 'year'), date: ({ year }) => String(year - 1), plainly: 'in' },
  { words: span('this', 'year'), date: ({ year }) => String(year), plainly: 'in' },
  { words: span('next', 'year'), date: ({ year }) => String(year + 1), plainly: 'in' },
  { words: span('last', 'month'), date: (today) => englishMonth(today, -1), plainly: 'in' },
  { words: span('this', 'month'), date: (today) => englishMonth(today, 0), plainly: 'in' },
  { words: span('next', 'month'), date: (today) => englishMonth(today, 1), plainly: 'in' },
  {
    words: /\b(?:the )?day before yesterday\b/giu,
    date: (today) => englishDay(today, -2),
    plainly: 'on',
  },
  {
    words: /\b(?:the )?day after tomorrow\b/giu,
    date: (today) => englishDay(today, 2),
    plainly: 'on',
  },
  { words: /\byesterday\b(?:['’]s)?/giu, date: (today) => englishDay(today, -1), plainly: 'on' },
  { words: /\btomorrow\b(?:['’]s)?/giu, date: (today) => englishDay(today, 1), plainly: 'on' },
  {
    words: /(?<!\bago )\btoday\b(?!['’])/giu,
    date: (today) => englishDay(today, 0),
    plainly: null,
  },
];

/** Not 年前年轻 (years ago, young), 前年度; not the game 明日方舟. */
const HAN: readonly Rule[] = [
  {
    words: /(?<![\p{N}一二三四五六七八九十百千几数多年月日天以之])前年(?![轻輕纪紀代底末度])/gu,
    date: hanYear(-2),
  },
  { words: /去年|昨年|작년/gu, date: hanYear(-1) },
  { words: /今年|올해/gu, date: hanYear(0) },
  { words: /明年|来年|來年|내년/gu, date: hanYear(1) },
  { words: /上个?月|上個月|先月/gu, date: hanMonth(-1) },
  { words: /这个?月|這個月|本月|今月/gu, date: hanMonth(0) },
  { words: /下个月|下個月|来月/gu, date: hanMonth(1) },
  { words: /昨天|昨日(?=[のはにもとや、,，的？?]|$)/gu, date: hanDay(-1) },
  { words: /明天(?!会更好)|明日(?=[のはにもとや、,，的？?]|$)/gu, date: hanDay(1) },
];

/** Works of which "yesterday" is rather the title than the time. */
const WORK_BEFORE =
  /\b(?:song|novel|album|track|poem|ballad|band|book)\s+$|\b(?:called|named|titled|entitled)\s+$/iu;
const PROGRAMME_AFTER = /^\s(?:show|programme|newspaper|magazine|fm)\b/iu;
/** The sentence begins here. */
const AT_START = /(?:^|[.!?:;]\s*)$/u;

/** "Last Year at Marienbad", "USA Today", the song Yesterday: a name has its capitals, or says so. */
function isName(found: string, before: string, after: string, caseless: boolean): boolean {
  const single = !found.includes(' ');
  if (single && (WORK_BEFORE.test(before) || PROGRAMME_AFTER.test(after))) return true;
  if (/\b(?:called|named|titled|entitled)\s+$/iu.test(before)) return true;
  if (caseless) return false;
  const words = found.split(' ');
  if (words.slice(1).some((word) => /^\p{Lu}/u.test(word))) return true;
  if (!/^\p{Lu}/u.test(found)) return false;
  // A capital at the start of a sentence says nothing, but for "Tomorrow Never Dies".
  return AT_START.test(before) ? /^\s(?!I\b)\p{Lu}/u.test(after) && single : true;
}

/** Whether capitals tell nothing, since most words have one. */
function isCaseless(text: string): boolean {
  if (!/\p{Ll}/u.test(text)) return true;
  const words = text.match(/\p{L}{2,}/gu)?.slice(1) ?? [];
  const capital = words.filter((word) => /^\p{Lu}/u.test(word)).length;
  return words.length > 3 && capital > 0.8 * words.length;
}

const PREPOSITION =
  /\b(?:in|on|of|from|since|until|till|by|for|than|and|or|to|before|after|during|between|about|as|with|late|early|mid|into|throughout|through|over|versus|vs\.?|is|are|was|were|will|does|do|did|has|have|be)\s+$/iu;

/** The date with its preposition, unless one precedes; a capital at the start stays. */
function inSentence(
  found: string,
  date: string,
  before: string,
  plainly: EnglishRule['plainly'],
): string {
  if (plainly === null) return `${found} (${date})`;
  if (/['’]s$/u.test(found)) return `${date}${found.slice(-2)}`;
  if (PREPOSITION.test(before)) return date;
  const preposition = /^\p{Lu}/u.test(found) ? capital(plainly) : plainly;
  return `${preposition} ${date}`;
}

const capital = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;

function dayIn(now: Date, timeZone: string): Day {
  const [year = 0, month = 1, day = 1] = now
    .toLocaleDateString('sv-SE', { timeZone })
    .split('-')
    .map(Number);
  return { year, month, day };
}

/** The day so many months (its first) or days away. */
function shifted({ year, month, day }: Day, months: number, days: number): Day {
  const date = new Date(Date.UTC(year, month - 1 + months, months === 0 ? day + days : 1));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

function englishMonth(today: Day, offset: number): string {
  const { year, month } = shifted(today, offset, 0);
  return `${MONTHS[month - 1]} ${year}`;
}

function englishDay(today: Day, offset: number): string {
  const { year, month, day } = shifted(today, 0, offset);
  return `${day} ${MONTHS[month - 1]} ${year}`;
}

function hanYear(offset: number): (today: Day) => string {
  return ({ year }) => `${year + offset}年`;
}

function hanMonth(offset: number): (today: Day) => string {
  return (today) => {
    const { year, month } = shifted(today, offset, 0);
    return `${year}年${month}月`;
  };
}

function hanDay(offset: number): (today: Day) => string {
  return (today) => {
    const { year, month, day } = shifted(today, 0, offset);
    return `${year}年${month}月${day}日`;
  };
}
