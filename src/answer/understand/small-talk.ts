/** Greetings, thanks and the like: answered in kind, never searched. */

interface Talk {
  readonly pattern: RegExp;
  readonly reply: Readonly<Record<'en' | 'zh', string>>;
}

const END = String.raw`(?:[\s,，.。!！?？~～🙂😀👋🙏]|there|footnote|everyone|all|again|so much|very much|a lot|你好|了|啦|呀|啊|哦|哈|吧|你|您)*$`;
const TALKS: readonly Talk[] = [
  {
    pattern: new RegExp(
      String.raw`^(?:hi+|hello+|hey+|howdy|greetings|good (?:morning|afternoon|evening|day)|yo|你好|您好|嗨|哈喽|早上好|下午好|晚上好|早安|大家好)${END}`,
      'iu',
    ),
    reply: {
      en: 'Hello! Ask me anything that the web may know; I answer with sources.',
      zh: '你好！请提问，我会根据网页来源回答并注明出处。',
    },
  },
  {
    pattern: new RegExp(
      String.raw`^(?:(?:ok(?:ay)?|great|perfect|cool|nice|wow|awesome|good|wonderful|excellent|got it|i see|好的?|嗯|太好了|明白了|知道了|不错)[\s,，.!！。]*)*(?:thanks|thank you|thx|cheers|many thanks|谢谢|多谢|感谢|謝謝)${END}`,
      'iu',
    ),
    reply: { en: 'You are welcome.', zh: '不客气。' },
  },
  {
    pattern: new RegExp(
      String.raw`^(?:ok(?:ay)?|great|perfect|cool|nice|wow|awesome|good|wonderful|excellent|got it|i see|alright|sure|yes|no|好的?|嗯+|太好了|明白了?|知道了|不错|行|可以)${END}`,
      'iu',
    ),
    reply: { en: 'Good. What else would you like to know?', zh: '好的。还想了解什么？' },
  },
  {
    pattern: new RegExp(
      String.raw`^(?:bye+|goodbye|see you(?: later)?|good night|farewell|再见|拜拜|晚安|回头见)${END}`,
      'iu',
    ),
    reply: { en: 'Goodbye.', zh: '再见。' },
  },
  {
    pattern: new RegExp(
      String.raw`^(?:how are you(?: doing)?(?: today)?|how(?:['’]s| is) it going|what(?:['’]s| is) up|你好吗|你怎么样|最近好吗)${END}`,
      'iu',
    ),
    reply: { en: 'All is well. What would you like to know?', zh: '一切正常。想了解什么？' },
  },
  {
    pattern: new RegExp(
      String.raw`^(?:who are you|what are you|what(?:['’]s| is) your name|what can you do|help|你是谁|你是什么|你叫什么(?:名字)?|你能做什么|你会什么|帮助)${END}`,
      'iu',
    ),
    reply: {
      en: 'I am footnote, an answer engine: I search the web, read pages, and answer with a checked citation after each sentence.',
      zh: '我是 footnote，一个问答引擎：我搜索网页、阅读全文，每一句回答都附有核对过的出处。',
    },
  },
];

/** The reply to a message that is nothing but small talk; null for anything else. */
export function smallTalk(message: string, language: string): string | null {
  const text = message.trim();
  if (text.length > 80) return null;
  const found = TALKS.find(({ pattern }) => pattern.test(text));
  if (found === undefined) return null;
  return language === 'zh' || /\p{Script=Han}/u.test(text) ? found.reply.zh : found.reply.en;
}
