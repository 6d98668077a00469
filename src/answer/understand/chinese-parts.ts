/**
 * Parts of a Chinese question: clauses that each ask something ("芯片是什么，起售价多少"), and two
 * things joined by 和, 与 or 及 that share what is said of them ("上海和北京的GDP分别是多少").
 */
const ASKS = /谁|什么|什麼|哪|何|几|幾|多少|多[大高长長远遠深重久]|怎|如何|吗|嗎|是否/u;
const JOINS = /[和与與及跟]|以及|、/u;
/** Ends of a joined thing. */
const PREDICATE = /分别|分別|各自?(?=[是有为])|都?是|有(?=[谁哪什多几])|在(?=[哪何])|[?？。，,]|$/u;
const TOPIC_END = /的|是(?=[谁哪什何])|有(?=[谁哪什多几])|多少|在(?=[哪何])|分别/u;
/** Conjunctions that are looked at: later ones join details. */
const MOST_JOINS = 3;
const words = new Intl.Segmenter('zh', { granularity: 'word' });

/** Empty where the question asks one thing. */
export function chineseParts(question: string): string[] {
  const clauses = question
    .split(/[，,；;]/u)
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '');
  const [first = '', ...rest] = clauses;
  if (rest.length > 0 && ASKS.test(first) && rest.every((clause) => ASKS.test(clause))) {
    const topic = topicOf(first);
    return [first, ...rest.map((clause) => (topic === '' ? clause : withTopic(topic, clause)))];
  }
  return joined(question);
}

/** What a clause is about: the words before its 的, or before what it asks. */
function topicOf(clause: string): string {
  const end = clause.search(TOPIC_END);
  return end <= 0 ? '' : clause.slice(0, end);
}

const withTopic = (topic: string, clause: string): string =>
  clause.includes(topic)
    ? clause
    : `${topic}${/^(?:是|有|在|的)/u.test(clause) ? '' : '的'}${clause}`;

/** The two questions of "A和B…"; titles in 《》 are left whole. */
function joined(question: string): string[] {
  const text = question.replace(/[?？。]+\s*$/u, '');
  const both = /男女(?=单|双|团|子)/u.exec(text);
  if (both !== null) {
    return ['男子', '女子'].map(
      (one) => text.slice(0, both.index) + one + text.slice(both.index + 2).replace(/^子/u, ''),
    );
  }
  const masked = text.replace(/《[^》]*》|“[^”]*”|「[^」]*」/gu, (title) =>
    '\uE000'.repeat(title.length),
  );
  const joins = [...masked.matchAll(new RegExp(JOINS.source, 'gu'))];
  for (const join of joins.slice(0, MOST_JOINS)) {
    const parts = around(text, masked, join.index, join.index + join[0].length);
    if (parts.length > 1) return parts;
  }
  return [];
}

/** The question once with what stands left of the conjunction, once with what stands right. */
function around(text: string, masked: string, from: number, to: number): string[] {
  const before = masked.slice(0, from);
  const after = masked.slice(to);
  // Inside a word ("和平", "共和国") it joins nothing.
  if (!isWord(masked, from, to)) return [];
  const pair = joinedPair(before, after);
  if (pair === null) return [];
  const start = from - pair.left;
  const end = to + pair.right;
  const rest = text
    .slice(end)
    .replace(/^(?:的)?(?:分别|分別|各自?(?=[是有为]))/u, (found) =>
      found.startsWith('的') ? '的' : '',
    );
  const clean = rest.replace(/分别|分別/u, '');
  return [text.slice(start, from), text.slice(to, end)].map(
    (item) => text.slice(0, start) + completed(item, text.slice(to, end)) + clean,
  );
}

/** "2022和2023年": the first year needs its 年. */
const completed = (item: string, last: string): string =>
  /^\d{4}$/u.test(item) && last.endsWith('年') ? `${item}年` : item;

function isWord(text: string, from: number, to: number): boolean {
  for (const { index, segment } of words.segment(text)) {
    if (index === from) return index + segment.length === to;
    if (index > from) return false;
  }
  return false;
}

/** Lengths of what is joined, left and right of the conjunction; null where that cannot be told. */
function joinedPair(before: string, after: string): { left: number; right: number } | null {
  // The same tail on both sides: "澳网男单和温单男单", "2022年和2023年".
  let best: { left: number; right: number; tail: number } | null = null;
  for (let right = 2; right <= Math.min(16, after.length, before.length); right += 1) {
    let tail = 0;
    while (tail < right && before.at(-1 - tail) === after.charAt(right - 1 - tail)) tail += 1;
    const enough =
      tail >= 2 || (tail === 1 && right <= 4 && /[单双子年月届季赛]/u.test(before.at(-1) ?? ''));
    if (enough && tail < right && tail > (best?.tail ?? 0)) best = { left: right, right, tail };
  }
  if (best !== null) return best;
  const years = [/(?:\d{4}年?)$/u.exec(before), /^\d{4}年/u.exec(after)];
  if (years[0] && years[1]) return { left: years[0][0].length, right: years[1][0].length };
  const stop = after.search(PREDICATE);
  const rightEnd = stop < 0 ? after.length : stop;
  // "…的时间和地点": both belong to what stands before 的.
  const owner = before.lastIndexOf('的');
  if (owner >= 0 && before.length - owner <= 10 && !after.slice(0, rightEnd).includes('的')) {
    return before.length - owner < 2 || rightEnd < 1
      ? null
      : { left: before.length - owner - 1, right: rightEnd };
  }
  const lefts = groupLengths(before, 'end');
  const whole = before.length <= 5 && !/[\d年月的]/u.test(before) ? before.length : 0;
  if (whole > 1) lefts.push(whole);
  // What is left up to the end or the asking word is one thing, where it is short.
  const rights =
    rightEnd >= 2 && rightEnd <= 5
      ? [rightEnd]
      : groupLengths(after, 'start').filter((length) => length <= rightEnd);
  let closest: { left: number; right: number } | null = null;
  let least = 99;
  for (const right of rights) {
    for (const left of lefts) {
      const cost = Math.abs(left - right) + 0.1 * right - (left === whole ? 1.5 : 0);
      if (cost < least) [least, closest] = [cost, { left, right }];
    }
  }
  return closest;
}

/** Lengths of one to three words at an end of a text; single characters are parts of a name. */
function groupLengths(text: string, end: 'start' | 'end'): number[] {
  const parts: string[] = [];
  let single = false;
  for (const { segment } of words.segment(text)) {
    // Characters that are no word together are a name.
    const alone = /^\p{Script=Han}$/u.test(segment) && !/^[的在是由被把]$/u.test(segment);
    const last = parts.pop();
    if (last !== undefined && alone && single) parts.push(last + segment);
    else parts.push(...(last === undefined ? [] : [last]), segment);
    single = alone;
  }
  const ordered = end === 'end' ? parts.toReversed() : parts;
  const lengths: number[] = [];
  let length = 0;
  for (const [place, word] of ordered.slice(0, 6).entries()) {
    if (/^[的在是由被把年月日，,：:]$/u.test(word)) break;
    const edge = /^[\dA-Za-z.%-]+$/u.test(word);
    if (edge && place > 0) break;
    length += word.length;
    if (length >= 2) lengths.push(length);
    if (edge || lengths.length === 3) break;
  }
  return lengths;
}
