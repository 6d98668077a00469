/**
 * Two-turn conversations made from the frozen web, by rule: two questions on one page, both of which name
 * the page's topic; in the second the topic is replaced by a pronoun, as people do. No model writes them.
 */
import { createHash } from 'node:crypto';
import { foldHan } from '../../../src/core/tokens.ts';
import type { FrozenPage, FrozenQuestion } from '../../suites/frozen-web/frozen-web-data.ts';

export interface FollowUp {
  readonly id: string;
  readonly language: 'en' | 'zh';
  readonly pageId: string;
  readonly first: string;
  /** What the first turn was answered: the sentence that holds its gold answer, verbatim. */
  readonly firstAnswer: string;
  /** The second question as it was written. */
  readonly standalone: string;
  /** The same with a pronoun in the place of the topic. */
  readonly elliptical: string;
}

const THINGS =
  /[镇县市省区州国河湖江山岛路站线桥街村寺庙宫塔院校学馆公司厂银行队团社会党法号舰级型属科目种菌素酸剂器机车船炮弹片剧集曲歌书报刊奖赛杯战役案]$/u;

/** Every pair of neighbouring questions of a page, in an order that no run can choose, at most `perPage`. */
export function makeFollowUps(
  pages: readonly FrozenPage[],
  questions: readonly FrozenQuestion[],
  language: 'en' | 'zh',
  perPage: number,
): FollowUp[] {
  const rank = (id: string): string => createHash('sha256').update(`follow ${id}`).digest('hex');
  const byPage = new Map<string, FrozenQuestion[]>();
  for (const question of questions) {
    if (!question.answerable || question.source === 'xquad-zh') continue;
    if (question.lang.slice(0, 2) !== language) continue;
    byPage.set(question.page_id, [...(byPage.get(question.page_id) ?? []), question]);
  }
  const made: FollowUp[] = [];
  for (const page of pages) {
    const topic = page.title.replaceAll('_', ' ').replace(/\s*\(.*\)$/u, '');
    const named = (byPage.get(page.page_id) ?? [])
      .filter(({ question }) => mentions(question, topic))
      .sort((a, b) => (rank(a.qid) < rank(b.qid) ? -1 : 1));
    for (let index = 0; index + 1 < named.length && index < 2 * perPage; index += 2) {
      const [first, second] = [named[index], named[index + 1]];
      if (first === undefined || second === undefined) continue;
      const elliptical =
        language === 'en'
          ? englishPronoun(second.question, topic)
          : chinesePronoun(second.question, topic);
      if (elliptical === null) continue;
      made.push({
        id: `${first.qid}+${second.qid}`,
        language,
        pageId: page.page_id,
        first: first.question,
        firstAnswer: answerSentence(page, first),
        standalone: second.question,
        elliptical,
      });
    }
  }
  return made.sort((a, b) => (rank(a.id) < rank(b.id) ? -1 : 1));
}

function mentions(question: string, topic: string): boolean {
  return foldHan(question).toLowerCase().includes(foldHan(topic).toLowerCase());
}

/** Once, as a whole word; null where the topic is part of a longer name, which no pronoun could stand for. */
function englishPronoun(question: string, topic: string): string | null {
  const escaped = topic.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
  const pattern = new RegExp(
    String.raw`(?<![\p{L}-])(the\s+)?${escaped}(['’]s?)?(?![\p{L}\p{N}-])(?!\s+\p{Lu})`,
    'iu',
  );
  const match = pattern.exec(question);
  if (match === null) return null;
  const before = question.slice(0, match.index);
  if (/\p{Lu}[\p{L}-]*\s$/u.test(before) && before.trim().includes(' ')) return null;
  const person = PEOPLE.has(topic);
  const pronoun =
    match[2] === undefined
      ? person
        ? /\b(?:of|by|to|for|with|about|from|did [\p{L}]+|see)\s$/iu.test(before)
          ? 'him'
          : 'he'
        : 'it'
      : person
        ? 'his'
        : 'its';
  const text = before + pronoun + question.slice(match.index + match[0].length);
  if (mentions(text, topic)) return null;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const PEOPLE = new Set([
  'Nikola Tesla',
  'Martin Luther',
  'Genghis Khan',
  'Kanye West',
  'Frédéric Chopin',
  'John Kerry',
]);

function chinesePronoun(question: string, topic: string): string | null {
  const at = foldHan(question).indexOf(foldHan(topic));
  if (at < 0) return null;
  const around =
    question.slice(Math.max(0, at - 1), at) +
    question.slice(at + topic.length, at + topic.length + 1);
  if (/[A-Za-z\d]/u.test(around)) return null;
  const person =
    topic.length <= 4 && !THINGS.test(foldHan(topic)) && /·|^[\p{Script=Han}]{2,3}$/u.test(topic);
  let start = at;
  let end = at + topic.length;
  // A title's marks go with the title.
  if (/[《「“]/u.test(question.charAt(start - 1)) && /[》」”]/u.test(question.charAt(end)))
    [start, end] = [start - 1, end + 1];
  const text = question.slice(0, start) + (person ? '他' : '它') + question.slice(end);
  return mentions(text, topic) ? null : text;
}

function answerSentence(page: FrozenPage, question: FrozenQuestion): string {
  const text = page.paragraphs.find(({ para_id: id }) => id === question.para_id)?.text ?? '';
  const [answer = ''] = question.answers;
  const sentences = text.split(/(?<=[.!?。！？])\s*/u);
  return (sentences.find((sentence) => sentence.includes(answer)) ?? answer).slice(0, 600);
}
