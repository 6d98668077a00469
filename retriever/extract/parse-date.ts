/**
 * Dates as pages write them, to ISO 8601: machine forms, month names in nine languages, Chinese,
 * Japanese and Korean forms, the Minguo calendar. A time counts only with its zone, which is kept (its
 * date is the one that readers saw); otherwise the result is the date.
 */
const MONTHS: readonly string[] = [
  'jan(?:uary|uar|vier|eiro|.)?|jänner|enero|ene|gennaio|gen|januari|stycznia|января',
  'feb(?:ruary|ruar|rero|braio|ruari)?|févr?(?:ier)?|fevereiro|fev|lutego|февраля',
  'mar(?:ch|s|zo|ço)?|märz|mrz|maart|marca|марта',
  'apr(?:il|ile)?|avr(?:il)?|abril|abr|kwietnia|апреля',
  'may|mai|mayo|maggio|mag|maio|mei|maja|мая',
  'june?|juni|juin|junio|giugno|giu|junho|czerwca|июня',
  'july?|juli|juil(?:let)?|julio|luglio|lug|julho|lipca|июля',
  'aug(?:ust|ustus)?|août|agosto|ago|sierpnia|августа',
  'sep(?:t|tember|tembre|tiembre|tembro)?|settembre|set(?:embro)?|września|сентября',
  'oct(?:ober|obre|ubre)?|okt(?:ober)?|ottobre|ott|outubro|out|października|октября',
  'nov(?:ember|embre|iembre|embro)?|listopada|ноября',
  'de[cz](?:ember|embre|embro)?|déc(?:embre)?|dic(?:embre|iembre)?|grudnia|декабря',
];
const MONTH_PATTERNS = MONTHS.map((names) => new RegExp(`^(?:${names})\\.?$`, 'iu'));
const MONTH = MONTHS.map((names) => `(?:${names})`).join('|');
const MONTH_FIRST = new RegExp(
  `(?<![\\p{L}])(${MONTH})\\.?\\s+(\\d{1,2})(?:st|nd|rd|th)?(?:,|\\s)\\s*(\\d{4})(?!\\d)`,
  'iu',
);
const DAY_FIRST = new RegExp(
  `(?<!\\d)(\\d{1,2})(?:st|nd|rd|th|er|º|ª|\\.)?(?:\\s+(?:de|of))?[\\s-]+(${MONTH})\\.?,?(?:\\s+(?:de|del))?[\\s-]+(\\d{4})(?!\\d)`,
  'iu',
);
const YEAR_FIRST = /(?<!\d)((?:19|20)\d{2})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)/u;
const INSTANT =
  /(?<!\d)((?:19|20)\d{2})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})(?!\d)/u;
const COMPACT = /^((?:19|20)\d{2})(\d{2})(\d{2})(?:T?\d{4,6}Z?)?$/u;
const EAST_ASIAN = /(?<!\d)(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日號号일]/u;
const MINGUO = /民國\s*(\d{2,3})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日/u;
const DAY_DOTS = /(?<![\d.])(\d{1,2})([./-])(\d{1,2})\2((?:19|20)\d{2})(?!\d)/u;
const RFC =
  /(?:mon|tue|wed|thu|fri|sat|sun)\w{0,6},?\s+\d{1,2}\s+[a-z]{3}\s+\d{4}\s+\d{2}:\d{2}(?::\d{2})?\s*(?:[+-]\d{4}|gmt|utc|z)/iu;

function dateOf(year: number, month: number, day: number): string | null {
  if (year < 1800 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31) return null;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1) return null;
  return date.toISOString().slice(0, 10);
}

function monthNumber(name: string): number {
  return MONTH_PATTERNS.findIndex((pattern) => pattern.test(name)) + 1;
}

/**
 * The first date in a short text, or null. `monthFirst` settles 03/04/2023 (American order).
 */
export function parseDate(source: string, monthFirst = false): string | null {
  const text = source.trim().slice(0, 200);
  const instant = INSTANT.exec(text);
  if (instant !== null) {
    const [, year, month, day, hour, minute, second, zone] = instant;
    const offset =
      zone === 'UTC' || zone === 'GMT' || zone === 'Z'
        ? 'Z'
        : zone!.replace(/^([+-]\d{2}):?(\d{2})$/u, '$1:$2');
    const iso = `${year}-${month}-${day}T${hour}:${minute}:${second ?? '00'}${offset}`;
    if (!Number.isNaN(new Date(iso).getTime())) return iso;
  }
  const rfc = RFC.exec(text);
  if (rfc !== null) {
    const parsed = new Date(rfc[0]);
    if (!Number.isNaN(parsed.getTime())) return parsed.toISOString().replace('.000Z', 'Z');
  }
  const plain = YEAR_FIRST.exec(text);
  if (plain !== null) return dateOf(Number(plain[1]), Number(plain[3]), Number(plain[4]));
  const compact = COMPACT.exec(text);
  if (compact !== null) return dateOf(Number(compact[1]), Number(compact[2]), Number(compact[3]));
  const minguo = MINGUO.exec(text);
  if (minguo !== null)
    return dateOf(Number(minguo[1]) + 1911, Number(minguo[2]), Number(minguo[3]));
  const eastAsian = EAST_ASIAN.exec(text);
  if (eastAsian !== null)
    return dateOf(Number(eastAsian[1]), Number(eastAsian[2]), Number(eastAsian[3]));
  const dayFirst = DAY_FIRST.exec(text);
  if (dayFirst !== null)
    return dateOf(Number(dayFirst[3]), monthNumber(dayFirst[2]!), Number(dayFirst[1]));
  const named = MONTH_FIRST.exec(text);
  if (named !== null) return dateOf(Number(named[3]), monthNumber(named[1]!), Number(named[2]));
  const dots = DAY_DOTS.exec(text);
  if (dots === null) return null;
  const [first, second, year] = [Number(dots[1]), Number(dots[3]), Number(dots[4])];
  if (first > 12 || (dots[2] === '.' && second <= 12)) return dateOf(year, second, first);
  if (second > 12 || monthFirst) return dateOf(year, first, second);
  return dateOf(year, second, first);
}

/** A date in a URL's path (`/2019/10/19/`, `/2019-10-19-`, `/20191019/`), or null. */
export function dateInUrl(url: string): string | null {
  const path = /^[a-z]+:\/\/[^/]+(\/[^?#]*)/iu.exec(url)?.[1] ?? '';
  const match =
    /[/_-]((?:19|20)\d{2})[/_-](\d{1,2})[/_-](\d{1,2})(?=[/_.-]|$)/u.exec(path) ??
    /[/_-]((?:19|20)\d{2})(\d{2})(\d{2})(?=[/_.-]|$)/u.exec(path);
  return match === null ? null : dateOf(Number(match[1]), Number(match[2]), Number(match[3]));
}
