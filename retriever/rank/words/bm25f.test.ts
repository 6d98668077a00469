import { describe, expect, test } from 'vitest';
import { Bm25fIndex } from './bm25f.ts';
import { analyseQuestion } from './question-words.ts';

const index = new Bm25fIndex([
  { title: 'Bridges', headings: 'History', text: 'The bridge opened in 1890 after years of work.' },
  { title: 'Bridges', headings: 'Length', text: 'It spans two kilometres of water.' },
  { title: '桥梁', headings: '', text: '這座橋於一八九〇年通車。' },
]);

describe('Bm25fIndex', () => {
  test('words in any field count, and more of them count more', () => {
    const [first = 0, second = 0, third = 0] = index.scores(
      analyseQuestion('When did the bridge open?').terms,
    );
    expect(first).toBeGreaterThan(second);
    expect(second).toBeGreaterThan(0);
    expect(third).toBe(0);
  });

  test('Traditional text answers a Simplified question', () => {
    const scores = index.scores(analyseQuestion('这座桥什么时候通车？').terms);
    expect(scores.indexOf(Math.max(...scores))).toBe(2);
  });

  test('a rare term weighs more than a common one', () => {
    expect(index.idf('kilometr')).toBeGreaterThan(index.idf('bridg'));
    expect(index.idf('nowhere')).toBeGreaterThan(index.idf('kilometr'));
  });

  test('coverage is a share', () => {
    expect(index.coverage(['bridg', 'open'], 0, false)).toBe(1);
    expect(index.coverage(['bridg'], 1, false)).toBe(0);
    expect(index.coverage(['bridg'], 1, true)).toBe(1);
    expect(index.coverage([], 0, true)).toBe(0);
  });
});

describe('analyseQuestion', () => {
  test.each([
    ['When did it open?', 'time'],
    ['How many people live there?', 'number'],
    ['Who built it?', 'person'],
    ['Where is it?', 'place'],
    ['Why did it fall?', 'reason'],
    ['What is it made of?', 'other'],
    ['這座橋是哪一年通車的？', 'time'],
    ['有多少人住在那里？', 'number'],
    ['谁建造了它？', 'person'],
    ['它位于哪个城市？', 'place'],
    ['为什么会倒塌？', 'reason'],
  ])('%s asks for %s', (question, kind) => {
    expect(analyseQuestion(question).kind).toBe(kind);
  });

  test('asking words are no search terms', () => {
    expect(analyseQuestion('What is the length of the bridge?').terms).toEqual(['length', 'bridg']);
    expect(analyseQuestion('大桥有多长？').terms).not.toContain('多长');
  });

  test('questions about now are told', () => {
    expect(analyseQuestion('Who is the current mayor?').recent).toBe(true);
    expect(analyseQuestion('现任市长是谁？').recent).toBe(true);
    expect(analyseQuestion('Who was the first mayor?').recent).toBe(false);
  });
});
