import { describe, expect, it } from 'vitest';
import { readStyle } from './answer-style.ts';
import { textOf } from '../present/answer-text.ts';
import { shapeAnswer } from '../present/shape-answer.ts';

describe('readStyle', () => {
  it.each([
    ['How deep is Lake Baikal, in one sentence?', 'How deep is Lake Baikal?', { sentences: 1 }],
    ['In one sentence, how deep is Lake Baikal?', 'How deep is Lake Baikal?', { sentences: 1 }],
    [
      'How deep is Lake Baikal? Answer in two sentences please.',
      'How deep is Lake Baikal?',
      { sentences: 2 },
    ],
    [
      'Explain the Maillard reaction to a six-year-old',
      'Explain the Maillard reaction',
      { simple: true },
    ],
    ['Explain like I’m five: what is UTF-8?', 'What is UTF-8?', { simple: true }],
    ['How deep is Lake Baikal? Answer in Chinese.', 'How deep is Lake Baikal?', { language: 'zh' }],
    [
      'What did Apollo 11 bring back, as a table?',
      'What did Apollo 11 bring back?',
      { shape: 'table' },
    ],
    ['List what pandas eat as bullet points', 'List what pandas eat', { shape: 'bullets' }],
    ['How deep is Lake Baikal in at most 12 words?', 'How deep is Lake Baikal?', { words: 12 }],
    ['as a table please', '', { shape: 'table' }],
    ['Say that in German', '', { language: 'de' }],
    ['shorter', '', { sentences: 1 }],
    ['Put your last answer into one short sentence.', '', { sentences: 1 }],
    ['Make your answer shorter', '', { sentences: 1 }],
    ['请用一句话回答：大熊猫吃什么？', '大熊猫吃什么？', { sentences: 1 }],
    ['大熊猫吃什么？请用英文回答', '大熊猫吃什么？', { language: 'en' }],
    ['用表格列出大熊猫的食物', '大熊猫的食物', { shape: 'table' }],
  ])('reads %s', (message, question, style) => {
    expect(readStyle(message)).toEqual({ question, style });
  });

  it.each([
    'How do you say thank you in Chinese?',
    'Who set the table in The Last Supper?',
    'What is the longest sentence in English literature?',
    'What does "in one sentence" mean?',
    'Which letter does not appear in the periodic table?',
    'How many simple machines are there?',
  ])('leaves %s alone', (message) => {
    expect(readStyle(message)).toEqual({ question: message, style: null });
  });
});

const cited = (text: string, reference: number, start: number, end: number) => ({
  text,
  citations: [
    { reference, quote: 'q', start, end, url: 'https://example.org/#:~:text=q', support: 1 },
  ],
});
const answer = [cited('One is one.', 1, 0, 5), cited('Two is two.', 2, 0, 5)];
const more = [cited('Three is three.', 1, 10, 20), cited('One, again.', 1, 2, 8)];

describe('shapeAnswer', () => {
  it.each([
    [{ sentences: 1 }, 'One is one.[1]'],
    [{ sentences: 3 }, 'One is one.[1] Two is two.[2] Three is three.[1]'],
    [{ words: 4 }, 'One is one.[1]'],
    [{ shape: 'bullets' }, '- One is one.[1]\n- Two is two.[2]\n- Three is three.[1]'],
    [
      { shape: 'table' },
      '| Statement | Source |\n| --- | --- |\n| One is one. | [1]\n| Two is two. | [2]\n| Three is three. | [1]',
    ],
  ] as const)('shapes %j from checked sentences only', (style, text) => {
    const shape = 'shape' in style ? style.shape : undefined;
    const { sentences } = shapeAnswer(answer, [more], style);
    const shaped = textOf(sentences, { shape, language: 'en' });
    expect(shaped.answer).toBe(text);
    let end = 0;
    for (const sentence of shaped.sentences) {
      expect(shaped.answer.slice(sentence.start, sentence.end)).toBe(sentence.text);
      expect(shaped.answer.slice(end, sentence.start)).toMatch(/^(?:\s*\[\d+\])*\s*$/u);
      end = sentence.end;
    }
    expect(shaped.answer.slice(end)).toMatch(/^(?:\s*\[\d+\])*$/u);
  });

  it('says what it cannot do', () => {
    const codes = (style: Parameters<typeof shapeAnswer>[2]): string[] =>
      shapeAnswer(answer, [], style).warnings.map(({ code }) => code);
    expect(codes({ sentences: 5 })).toEqual(['style-limited']);
    expect(codes({ words: 1 })).toEqual(['style-limited']);
    expect(codes({ simple: true })).toEqual(['style-limited']);
    expect(codes({ shape: 'table' })).toEqual([]);
  });
});
