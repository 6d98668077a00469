/** Chinese follow-ups: 他/她/它, 该校, 那里, 其, "那长江呢？", and questions without a subject. */
import { chineseTopics, contentOf } from './chinese-topics.ts';
import type { Exchange, Rewrite } from './exchange.ts';

const LEAD =
  /^\s*(?:(?:那么|那麼|那(?![里裡儿兒个個座条條位家所部本些年时時])|然后|然後|还有|還有|另外|所以|好的?|谢谢|謝謝|嗯|哦)[，,。！!\s]*)+/u;
const ABOUT = /^(.{1,20}?)呢[？?]?$/u;
const PRONOUN = /(?:他|她|它|牠|祂)(?:们|們)?/u;
const DEMONSTRATIVE =
  /(?:该|該|此|这|這|那)(?:一)?(?:个|個|座|条|條|位|家|所|部|本|种|種|些|场|場|只|隻|间|間|首|艘|片|项|項)?(?:人|地|校|国|國|市|县|縣|镇|鎮|省|区|區|村|站|线|線|路|桥|橋|山|河|湖|岛|島|片|剧|劇|书|書|曲|歌|队|隊|会|會|舰|艦|物种|物種|动物|動物|植物|城市|国家|國家|学校|學校|大学|大學|公司|电影|電影|小说|小說|作品|游戏|遊戲|建筑|建築|组织|組織|地方|地区|地區|比赛|比賽|节目|節目|专辑|專輯|歌手|演员|演員|球队|球隊|球员|球員|作家|皇帝|战役|戰役|战争|戰爭|事件|疾病|语言|語言|宗教|理论|理論|东西|東西)/u;
/** Before a noun that the topic ends with. */
const POINTING =
  /(?:该|該|此|这|這|那)(?:一)?(?:个|個|座|条|條|位|家|所|部|本|种|種|场|場|只|隻|首|艘|片|项|項)?/u;
const PLACE = /(?:那|这|這)(?:里|裡|儿|兒|边|邊)|当地|當地/u;
const ITS = /其(?!他|她|它|中|实|實|余|餘|次)/u;
const BARE =
  /^(?:为什么|為什麼|为何|為何|怎么会|什么时候|什麼時候|何时|何時|哪里|哪裡|在哪里?|在哪裡?|谁|誰|是谁|是誰|多少|怎么样|怎么做|如何)(?:呢|啊|的)?[？?]?$/u;
/** Asked without an owner, they need one. */
const ATTRIBUTE =
  /^(?:的)?(?:总|總|它的)?(?:面积|面積|人口|海拔|高度|长度|長度|全长|全長|宽度|寬度|深度|重量|体重|體重|首都|首府|省会|省會|作者|导演|導演|主演|校长|校長|市长|市長|总统|總統|总部|總部|创始人|創始人|创办人|創辦人|年龄|年齡|生日|籍贯|籍貫|出生地|原名|本名|别名|別名|英文名|名字|全称|全稱|父亲|父親|母亲|母親|妻子|丈夫|职业|職業|代表作|特点|特點|起源|历史|歷史|含义|含義|原因|结果|結果|颜色|顏色|价格|價格|票价|票價|气候|氣候|语言|語言)/u;
const WH =
  /^(?:是|在|于|於|由|被|从|從|到|因|为|為|有|属于|屬於|位于|位於)*(?:谁|誰|什么|什麼|甚麼|哪|何时|何時|何处|何處|何地|何|多|几|幾|怎|如何|为什么|為什麼|为何)/u;

export function rewriteChinese(question: string, exchanges: readonly Exchange[]): Rewrite | null {
  const last = exchanges.at(-1);
  if (last === undefined) return null;
  const lead = LEAD.exec(question)?.[0] ?? '';
  const body = question.slice(lead.length).trim();
  if (body === '') return null;
  const topics = topicsOf(exchanges);
  const [topic] = topics;
  if (BARE.test(body)) {
    const rest = contentOf(last.question).join('');
    return {
      text: `${rest}${body.replace(/(?<![呢啊？?])[呢啊？?]+$/u, '')}？`,
      topic: null,
      sure: false,
    };
  }
  const about = ABOUT.exec(body)?.[1];
  if (about !== undefined && !/谁|誰|什|哪|何|多|几|幾|怎/u.test(about)) {
    return substitute(about, last, topic);
  }
  if (topic === undefined) return null;
  const sure = topics.length === 1;
  const put = (match: RegExpExecArray, text: string): Rewrite => ({
    text: body.slice(0, match.index) + text + body.slice(match.index + match[0].length),
    topic,
    sure,
  });
  const pointing = POINTING.exec(body);
  if (pointing !== null) {
    // `该运河` after `京杭大运河`: the noun is the topic's own last characters.
    const after = body.slice(pointing.index + pointing[0].length);
    const bare = topic.replace(/[《》]/gu, '');
    const noun = [4, 3, 2].find(
      (length) => bare.length >= length && after.startsWith(bare.slice(-length)),
    );
    if (noun !== undefined) {
      const end = pointing.index + pointing[0].length + noun;
      return { text: body.slice(0, pointing.index) + topic + body.slice(end), topic, sure: true };
    }
  }
  for (const pattern of [DEMONSTRATIVE, PLACE, PRONOUN]) {
    const match = pattern.exec(body);
    // 其他, 吉他 and the like are words of their own; a name before the pronoun explains it.
    if (match === null || /[其吉]$/u.test(body.slice(0, match.index))) continue;
    if (match.index >= 6 && pattern === PRONOUN && ownSubject(body.slice(0, match.index))) continue;
    return put(match, topic);
  }
  const its = ITS.exec(body);
  if (its !== null && its.index < 4) return put(its, `${topic}的`);
  if (!lacksSubject(body) || body.includes(topic)) return null;
  const joint = ATTRIBUTE.test(body) && !body.startsWith('的') ? '的' : '';
  return { text: `${topic}${joint}${body}`, topic, sure: sure && ATTRIBUTE.test(body) };
}

/** No subject: a bare attribute, or a question word with hardly anything around it. */
function lacksSubject(body: string): boolean {
  if (ATTRIBUTE.test(body)) return true;
  const content = contentOf(body);
  const length = content.join('').length;
  return WH.test(body) && length <= 3;
}

/** A stretch with a noun of its own before the pronoun. */
function ownSubject(text: string): boolean {
  return contentOf(text).some((part) => part.replace(/[\d年月日号世纪初末底]/gu, '').length >= 3);
}

function substitute(about: string, last: Exchange, topic: string | undefined): Rewrite {
  const bareTopic = topic?.replace(/[《》]/gu, '');
  const attribute = ATTRIBUTE.test(about) || /^(?:他|她|它|其)(?:们)?的?/u.test(about);
  if (attribute && topic !== undefined) {
    const noun = about.replace(/^(?:他|她|它|其)(?:们|們)?的?/u, '');
    return { text: `${topic}的${noun}是什么？`, topic, sure: true };
  }
  if (bareTopic !== undefined && last.question.includes(bareTopic)) {
    return {
      text: last.question.replace(bareTopic, about.replace(/[《》]/gu, '')),
      topic: about,
      sure: true,
    };
  }
  return { text: `${about}：${last.question}`, topic: about, sure: false };
}

function topicsOf(exchanges: readonly Exchange[]): string[] {
  for (const { question, answer } of exchanges.toReversed()) {
    const topics = chineseTopics(question);
    // What the answer names as well is what both speak of.
    if (topics.length > 0) {
      const named = (topic: string): number =>
        answer?.includes(topic.replace(/[《》]/gu, '')) === true ? 1 : 0;
      return [...topics].sort((a, b) => named(b) - named(a));
    }
  }
  return [];
}
