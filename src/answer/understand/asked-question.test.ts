import { describe, expect, test } from 'vitest';
import { evidenceBreadth } from '../../core/question-kind.ts';
import { askedQuestion } from './asked-question.ts';

describe('kinds', () => {
  test.each([
    ['Who took the first photograph of the moon?', 'fact'],
    ['how many people live in Tromsø', 'number'],
    ['what is a heat pump', 'definition'],
    ['Who was Emmy Noether?', 'definition'],
    ['which vitamins are in carrots?', 'list'],
    ['tips for sleeping on a night train', 'list'],
    ['How do I descale a kettle?', 'how-to'],
    ['git rename a branch', 'how-to'],
    ['how does a heat pump work', 'explanation'],
    ['Why is glass safer than steel in a flood?', 'explanation'],
    ['ferry vs tunnel to the island', 'comparison'],
    ['Is the ferry or the tunnel faster?', 'comparison'],
    ['Are dogs allowed on the ferry?', 'yes-no'],
    ['what happened to the lighthouse keeper', 'summary'],
    ['What did the mayor say about the new bridge?', 'opinion'],
    ['lighthouse island winter', 'keywords'],
    ['什么是热泵？', 'definition'],
    ['热泵的工作原理是什么？', 'explanation'],
    ['怎样清洗水壶？', 'how-to'],
    ['坐渡轮可以带狗吗？', 'yes-no'],
    ['渡轮和隧道有什么区别？', 'comparison'],
    ['这座桥有多长？', 'number'],
    ['岛上有哪些灯塔？', 'list'],
    ['灯塔为什么关闭了？', 'explanation'],
    ['Wie entkalkt man einen Wasserkocher?', 'how-to'],
    ['Warum schloss der Leuchtturm?', 'explanation'],
    ['Darf ich meinen Hund auf die Fähre mitnehmen?', 'yes-no'],
    ['Combien coûte le ferry ?', 'number'],
    ['Pourquoi le phare est-il fermé ?', 'explanation'],
    ['¿Cómo se limpia una tetera?', 'how-to'],
    ["Che cos'è una pompa di calore?", 'definition'],
    ['灯台とは何ですか？', 'definition'],
  ])('%s', (question, kind) => {
    expect(askedQuestion(question).kind).toBe(kind);
  });
});

test.each([
  ['Could you please explain to me how a heat pump works?', 'how a heat pump works?'],
  ['Hi! I would like to know when the tunnel opened, thanks', 'when the tunnel opened'],
  [
    'waht is the diffrence between a ferry and a tunnel',
    'what is the difference between a ferry and a tunnel',
  ],
  ['请问一下，灯塔是什么时候关闭的？谢谢', '灯塔是什么时候关闭的？'],
  ['Können Sie mir bitte sagen, wann die Fähre fährt?', 'wann die Fähre fährt?'],
  ['灯台の歴史について教えてください。', '灯台の歴史。'],
  ['please', 'please'],
])('polite forms and slips go: %s', (question, text) => {
  expect(askedQuestion(question).text).toBe(text);
});

test('words for a search box are told from sentences', () => {
  expect(askedQuestion('average price ferry ticket')).toMatchObject({
    kind: 'number',
    keywordsOnly: true,
  });
  expect(askedQuestion('how deep is the lake').keywordsOnly).toBe(false);
});

test('one fact needs its best places, an explanation the whole matter', () => {
  const whole = (question: string): boolean => evidenceBreadth(askedQuestion(question)).whole;
  expect(whole('who built the bridge?')).toBe(false);
  expect(whole('why was the bridge built?')).toBe(true);
});

test('no text that a request can hold takes long', () => {
  const texts = [
    'a or ',
    ',',
    'who and what is the ',
    '北京和上海',
    '2022年和2023年',
    '《',
    'for a, ',
    'why? ',
  ];
  for (const length of [399, 4_000]) {
    for (const text of texts) {
      const question = text.repeat(Math.ceil(length / text.length)).slice(0, length);
      const began = process.cpuUsage();
      askedQuestion(question);
      expect(process.cpuUsage(began).user / 1_000, `${length} of ${text}`).toBeLessThan(50);
    }
  }
});

describe('parts', () => {
  test.each([
    [
      'Who built the bridge and when was it opened to traffic?',
      ['Who built the bridge', 'Who built the bridge when was it opened to traffic?'],
    ],
    ['ferry vs tunnel in winter', ['ferry', 'tunnel']],
    ['What is the difference between a ferry and a tunnel?', ['a ferry', 'a tunnel']],
    [
      'how much was paid for Alpha, Beta and Gamma?',
      ['how much was paid for Alpha', 'how much was paid for Beta', 'how much was paid for Gamma'],
    ],
    ['2021年和2022年春节档票房冠军', ['2021年春节档票房冠军', '2022年春节档票房冠军']],
    ['上海和北京的GDP分别是多少？', ['上海的GDP是多少', '北京的GDP是多少']],
    ['《桥》的导演和主演是谁？', ['《桥》的导演是谁', '《桥》的主演是谁']],
    ['这座桥的长度是多少，造价多少', ['这座桥的长度是多少', '这座桥的造价多少']],
    ['谁写了《战争与和平》？', []],
    ['世界和平组织在哪里？', []],
    ['Who built the bridge?', []],
  ])('%s', (question, parts) => {
    expect(askedQuestion(question).parts.map(({ text }) => text)).toEqual(parts);
  });
});
