import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitSentences } from './sentences.ts';

const split = (text: string): string[] =>
  splitSentences(text).map(({ start, end }) => text.slice(start, end));

describe('splitSentences', () => {
  test.each([
    [['Dr. Smith paid $3.50 to J. K. Rowling.', 'She laughed.']],
    [['He lived on the U.S. Army base.', 'It closed in 1999.', 'So did the U.S.', 'The end.']],
    [['"Really?" she asked.', '“Yes.”', 'He said no.', 'Then he left.']],
    [['See Fig. 3, p. 4 and vol. 2 of e.g. Brown et al. 1999.', 'It works.']],
    [['Wait... what?', 'Yes!']],
    [['The rate fell (to 2.5%).', 'It rose.[3]', 'Node.js 20.1 is out.']],
    [
      [
        'It begins at 9 a.m. and ends at 5 p.m. on Monday.',
        'We met at 9 a.m.',
        'The room was cold.',
      ],
    ],
    [['Es war am 3. Oktober 1990.', 'Danach kam z.B. Herr Müller.']],
  ])('%j', (expected) => {
    expect(split(expected.join(' '))).toEqual(expected);
  });

  test('Chinese and Japanese need no space after a stop', () => {
    expect(split('他说：“你好吗？”她没有回答。天黑了！')).toEqual([
      '他说：“你好吗？”',
      '她没有回答。',
      '天黑了！',
    ]);
    expect(split('“好吗？”，他问。圆周率约为3.14159……很长。')).toEqual([
      '“好吗？”，他问。',
      '圆周率约为3.14159……很长。',
    ]);
    expect(split('「そうですか。」東京は日本の首都です。')).toEqual([
      '「そうですか。」',
      '東京は日本の首都です。',
    ]);
  });

  test('a blank line, a heading and a list item end a sentence; a wrapped line does not', () => {
    expect(
      split(
        'History\n\nThe bridge was built in 1890 by a company that was later\nsold to the state. It stands.\n- one thing\n- another\n\n1. First step\n2. Second step',
      ),
    ).toEqual([
      'History',
      'The bridge was built in 1890 by a company that was later\nsold to the state.',
      'It stands.',
      '- one thing',
      '- another',
      '1. First step',
      '2. Second step',
    ]);
  });

  test('spans are valid and ordered, gaps are white space only', () => {
    const piece = fc.constantFrom(
      'Dr.',
      'U.S.',
      'etc.',
      'a',
      'The',
      '3.14',
      '…',
      '...',
      '。',
      '？',
      '！',
      '?',
      '!',
      '.',
      ' ',
      '\n',
      '\n\n',
      '\t',
      '”',
      '）',
      ')',
      '[3]',
      '你好',
      'は',
      '- ',
      '# ',
      '1. ',
      '\u3000',
      '😀',
      '\ud800',
      '|',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          let last = 0;
          for (const { start, end } of splitSentences(text)) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThan(start);
            expect(text.slice(last, start).trim()).toBe('');
            expect(text.slice(start, end).trim()).toBe(text.slice(start, end));
            last = end;
          }
          expect(text.slice(last).trim()).toBe('');
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each(['.', '. ', '\n', ' ', 'a', '"', '.\n', '。', '?)', '[1]', '.[1]', 'a.b', '- '])(
    'takes linear time on %j repeated',
    (unit) => {
      const before = performance.now();
      splitSentences(unit.repeat(1_000_000 / unit.length));
      expect(performance.now() - before).toBeLessThan(5_000);
    },
  );
});
