/** Questions about the conversation itself, answered from its turns. */
import type { Turn } from '../../core/nouns.ts';

const ORDINALS: Readonly<Record<string, number>> = {
  first: 0,
  second: 1,
  third: 2,
  fourth: 3,
  fifth: 4,
  第一: 0,
  第二: 1,
  第三: 2,
  第四: 3,
  第五: 4,
};
const ORDINAL = '(first|second|third|fourth|fifth|last|previous)';
const MY_QUESTION = new RegExp(
  String.raw`^(?:(?:and|so|ok(?:ay)?|please|remind me|tell me|can you tell me)[\s,]+)*what (?:did i (?:(?:just )?ask|say|want to know)(?: you)?(?: about)?(?: ${ORDINAL}(?: of all)?)?|was (?:it (?:that )?i (?:just )?asked ?(?:${ORDINAL})?|(?:my|the) ${ORDINAL} (?:question|message|thing i asked)(?: i asked)?))(?: you)?(?: (?:just now|before(?: that)?|earlier|at the (?:start|beginning)))?[\s?.!]*$`,
  'iu',
);
const AT_START = /\b(?:at the (?:start|beginning)|first)\b/iu;
const MY_QUESTIONS =
  /^(?:(?:please )?(?:list|show|repeat|summari[sz]e) (?:me )?(?:all )?(?:of )?(?:my|the) questions(?: so far)?|what (?:have i|did i) (?:asked?|talked? about)(?: you)?(?: so far| until now)?|what questions (?:have i|did i) asked?(?: so far)?|what (?:have|did|were) we (?:been )?(?:talk(?:ed|ing)?|discuss(?:ed|ing)?|chat(?:ted|ting)?)(?: about)?(?: so far)?|(?:我|咱们|我们)(?:都)?(?:问了|聊了|谈了|问过)(?:些)?(?:什么|哪些)(?:问题)?)[\s?？.!。]*$/iu;
const HOW_MANY =
  /^(?:how many questions (?:have|did) i asked?(?: you)?(?: so far| until now)?|我(?:一共)?问了(?:多少|几)个?问题)[\s?？.!。]*$/iu;
const YOUR_ANSWER =
  /^(?:(?:please )?(?:repeat|say) (?:that|it|your (?:last |previous )?answer)(?: again)?|what (?:did you (?:just )?(?:say|answer)|was your (?:last|previous) answer)(?: just now| before| again)?|(?:come|say) again|(?:请)?(?:再说一遍|重复一遍|再讲一次)|你刚才(?:说|回答)(?:了|的)?(?:是)?什么)[\s?？.!。]*$/iu;
const ZH_MINE =
  /^(?:请问)?我(?:的)?(?:刚才|刚刚|之前|前面|最开始|一开始|最先|首先)?(?:的)?(第[一二三四五](?:个|次)?|上一?个|最后一?个)?(?:的)?(?:(?:问题)?问(?:的|了|过)?(?:你)?(?:是)?(?:什么|啥)(?:问题)?|(?:问题)是(?:什么|啥))[？?。]*$/u;

/** The reply to a question about the conversation, from its turns alone; null for any other question. */
export function aboutConversation(
  message: string,
  turns: readonly Turn[],
  language: string,
): string | null {
  const text = message.trim();
  const asked = turns.filter(({ role }) => role === 'user').map(({ content }) => content.trim());
  const zh = language === 'zh' || /\p{Script=Han}/u.test(text);
  const none = zh
    ? '这是这次对话的第一个问题。'
    : 'This is the first question of this conversation.';
  if (HOW_MANY.test(text)) {
    const count = asked.length;
    if (zh) return `在这个问题之前，你问了${count}个问题。`;
    return `Before this one you asked ${count} ${count === 1 ? 'question' : 'questions'}.`;
  }
  if (MY_QUESTIONS.test(text)) {
    if (asked.length === 0) return none;
    const list = asked.map((one, index) => `${index + 1}. ${quoted(one, zh)}`).join('\n');
    return `${zh ? '你问了：' : 'You asked:'}\n${list}`;
  }
  if (YOUR_ANSWER.test(text)) {
    const last = turns.findLast(({ role }) => role === 'assistant')?.content.trim();
    if (last === undefined)
      return zh ? '我还没有回答过问题。' : 'I have not answered anything yet.';
    return `${zh ? '我的上一个回答是：' : 'My last answer was:'} ${quoted(withoutMarks(last), zh)}`;
  }
  const english = MY_QUESTION.exec(text);
  const chinese = ZH_MINE.exec(text);
  if (english === null && chinese === null) return null;
  if (asked.length === 0) return none;
  const word = (english?.slice(1).find((group) => group !== undefined) ?? '').toLowerCase();
  const start = AT_START.test(text) || /最开始|一开始|最先|首先/u.test(text);
  const index = start
    ? 0
    : (ORDINALS[word] ?? ORDINALS[chinese?.[1]?.slice(0, 2) ?? ''] ?? asked.length - 1);
  const found = asked[index];
  if (found === undefined) {
    return zh
      ? `到目前为止你只问了${asked.length}个问题。`
      : `So far you asked only ${asked.length} ${asked.length === 1 ? 'question' : 'questions'}.`;
  }
  return zh ? `你问的是${quoted(found, true)}。` : `You asked ${quoted(found, false)}.`;
}

const withoutMarks = (text: string): string => text.replace(/(?<!\s)\s*\[\d{1,3}\]/gu, '');

/** Shortened for people; a question may be 4,000 characters long. */
function quoted(text: string, zh: boolean): string {
  const short = text.length <= 600 ? text : `${text.slice(0, 597).replace(/\p{Surrogate}$/u, '')}…`;
  return zh ? `“${short}”` : `“${short}”`;
}
