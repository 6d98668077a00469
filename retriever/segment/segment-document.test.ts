import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Document } from '../../src/core/nouns.ts';
import { countWords } from '../../src/core/tokens.ts';
import { segmentDocument } from './segment-document.ts';
import { segmentLine } from './segment-stage.ts';

const documentOf = (text: string, headings: Document['headings'] = []): Document => ({
  url: 'https://example.org/a',
  title: 'A',
  byline: null,
  publishedAt: null,
  language: 'en',
  text,
  headings,
  site: 'example.org',
  canonicalUrl: null,
  fetchedAt: '2026-01-01T00:00:00.000Z',
});

const sentence = (words: number, first = 'Word'): string =>
  `${[first, ...Array.from({ length: words - 1 }, (_, at) => `w${at}`)].join(' ')}.`;

describe('segmentDocument', () => {
  test('passages are 40 to 120 words where the text allows', () => {
    const text = Array.from({ length: 40 }, () => sentence(17)).join(' ');
    const lengths = segmentDocument(documentOf(text), 3).map((passage) => countWords(passage.text));
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(40);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(120);
  });

  test('two Chinese characters count as one word', () => {
    const text = '这座桥建于一八九〇年，是当时世界上最长的桥梁之一。'.repeat(40);
    const passages = segmentDocument(documentOf(text), 0);
    expect(passages.length).toBeGreaterThan(3);
    for (const passage of passages.slice(0, -1)) {
      expect(passage.text.length).toBeGreaterThanOrEqual(80);
      expect(passage.text.length).toBeLessThanOrEqual(280);
      expect(passage.text.endsWith('。')).toBe(true);
    }
  });

  test('headings bound passages and give their path', () => {
    const parts = ['History', 'Early years', sentence(30), 'Later', sentence(20), 'End'];
    const text = parts.join('\n\n');
    const at = (part: string, level: number): Document['headings'][number] => {
      const start = text.indexOf(part);
      return { level, start, end: start + part.length };
    };
    const passages = segmentDocument(
      documentOf(text, [at('History', 1), at('Early years', 2), at('Later', 2), at('End', 1)]),
      2,
    );
    expect(passages.map(({ headingPath }) => headingPath)).toEqual([
      ['History', 'Early years'],
      ['History', 'Later'],
      ['End'],
    ]);
    expect(passages[0]?.text.startsWith('History\n\nEarly years\n\nWord')).toBe(true);
    expect(passages[0]?.id).toBe('2:0');
    expect(passages[1]?.text.startsWith('Later\n\nWord')).toBe(true);
  });

  test('a sentence that leans on the one before stays with it', () => {
    const text = [
      sentence(25),
      sentence(25),
      sentence(25),
      sentence(20, 'It'),
      sentence(25),
      sentence(25),
    ].join(' ');
    for (const passage of segmentDocument(documentOf(text), 0)) {
      expect(passage.text.startsWith('It ')).toBe(false);
    }
  });

  test('slices are exact, ordered, with unique ids, and cover the text', () => {
    const piece = fc.constantFrom(
      'Word. ',
      'It was. ',
      '你好。',
      '\n\n',
      '\n',
      'a ',
      sentence(50),
      '# H',
      '...',
      '）',
    );
    const property = fc.property(
      fc.array(piece, { maxLength: 60 }),
      fc.array(fc.tuple(fc.nat(400), fc.nat(30), fc.integer({ min: 1, max: 6 })), { maxLength: 5 }),
      (pieces, spans) => {
        const text = pieces.join('');
        const headings = spans.map(([start, length, level]) => ({
          level,
          start,
          end: start + length,
        }));
        const passages = segmentDocument(documentOf(text, headings), 1);
        let last = 0;
        for (const passage of passages) {
          expect(passage.start).toBeGreaterThanOrEqual(last);
          expect(passage.text).toBe(text.slice(passage.start, passage.end));
          expect(passage.text.trim()).not.toBe('');
          expect(text.slice(last, passage.start).trim()).toBe('');
          last = passage.end;
        }
        expect(text.slice(last).trim()).toBe('');
        expect(new Set(passages.map(({ id }) => id)).size).toBe(passages.length);
      },
    );
    fc.assert(property, { numRuns: 1000 });
  });

  test('a long text takes linear time', () => {
    /** Least CPU time of three runs, in microseconds; other programs on the machine do not count. */
    const cost = (sentences: number): number => {
      const text = `${sentence(12)} `.repeat(sentences);
      const runs = [1, 2, 3].map(() => {
        const began = process.cpuUsage();
        const passages = segmentDocument(documentOf(text), 0);
        expect(passages.length).toBeGreaterThan(sentences / 20);
        return process.cpuUsage(began).user;
      });
      return Math.min(...runs);
    };
    cost(500);
    // Eight times the text: 8 times the time if linear, 64 times if quadratic.
    expect(cost(8_000) / cost(1_000)).toBeLessThan(24);
  });
});

describe('segmentLine', () => {
  test('gives passages that slice the text', () => {
    const text = '# Title\n\nOne sentence. Another one.';
    expect(segmentLine({ id: 7, text, other: true })).toEqual({
      id: 7,
      passages: [{ start: 0, end: text.length, text }],
    });
  });

  test('names the field that is wrong', () => {
    expect(() => segmentLine({ id: 'a' })).toThrow(/text/u);
  });
});

describe('what belongs together', () => {
  const filler = (word: string, count: number): string => `${`${word} `.repeat(count).trim()}.`;
  const passagesOf = (blocks: readonly string[]): string[] =>
    segmentDocument(documentOf(blocks.join('\n\n')), 0).map(({ text }) => text);

  test('a list stays with the words that lead in to it', () => {
    const items = Array.from({ length: 10 }, (_, at) => `Take the tool number ${at} along`);
    const passages = passagesOf([
      filler('Before', 45),
      'You need these things:',
      ...items,
      filler('After', 60),
    ]);
    const list = passages.find((text) => text.includes('these things'));
    for (const item of items) expect(list).toContain(item);
    expect(list).not.toContain('Before');
  });

  test('rows of a table stay with the first one', () => {
    const rows = Array.from({ length: 12 }, (_, at) => `row ${at} | one | two | three | four`);
    const passages = passagesOf([filler('Before', 45), 'Name | A | B | C | D', ...rows]);
    const table = passages.find((text) => text.includes('Name |'));
    for (const row of rows) expect(table).toContain(row);
  });

  test('code stays with the sentence before it', () => {
    const passages = passagesOf([
      filler('Before', 45),
      `${filler('Long', 42)} The file is written by this call.`,
      "with open('a.csv', 'w') as file:\n    writer = csv.writer(file)\n    writer.writerow(['a', 'b'])",
    ]);
    expect(passages.find((text) => text.includes('csv.writer'))).toContain('by this call.');
  });

  test('an answer stays with its question', () => {
    const passages = passagesOf([filler('Before', 45), 'Does it float?', filler('Answer', 50)]);
    expect(passages.find((text) => text.includes('float?'))).toContain('Answer');
  });

  test('a long list is cut in the end', () => {
    const items = Array.from({ length: 60 }, (_, at) => `Take the tool number ${at} along`);
    const passages = passagesOf(['You need these things:', ...items]);
    expect(passages.length).toBeGreaterThan(1);
    expect(passages.join('\n\n')).toBe(['You need these things:', ...items].join('\n\n'));
  });
});
