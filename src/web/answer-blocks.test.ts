import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerBlocks, answerInlines } from './answer-blocks.ts';

const text = (answer: string, span: { readonly start: number; readonly end: number }): string =>
  answer.slice(span.start, span.end);

describe('answer blocks', () => {
  it('reads paragraphs, lists, tables, headings and code', () => {
    const answer =
      'It is deep.[1]\n\n## Why\n- rift[2]\n- age\n  and more\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nx = 1\n```';
    const blocks = answerBlocks(answer);
    expect(blocks.map(({ kind }) => kind)).toEqual([
      'paragraph',
      'heading',
      'list',
      'list',
      'table',
      'code',
    ]);
    const [, , list, ordered, table] = blocks;
    expect(list?.kind === 'list' && list.items.map((item) => text(answer, item))).toEqual([
      'rift[2]',
      'age\n  and more',
    ]);
    expect(ordered?.kind === 'list' && ordered.ordered).toBe(true);
    expect(
      table?.kind === 'table' && table.rows.map((row) => row.map((cell) => text(answer, cell))),
    ).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  it('finds marks, bold and code', () => {
    const answer = 'A **b** `c` [12][3] [x]';
    expect(
      answerInlines(answer, { start: 0, end: answer.length }).map(({ kind, span }) => [
        kind,
        text(answer, span),
      ]),
    ).toEqual([
      ['text', 'A '],
      ['bold', 'b'],
      ['text', ' '],
      ['code', 'c'],
      ['text', ' '],
      ['mark', '[12]'],
      ['mark', '[3]'],
      ['text', ' [x]'],
    ]);
  });

  it('loses no word of any answer, and keeps the order', () => {
    const pieces = fc.constantFrom(
      'word',
      ' ',
      '\n',
      '\n\n',
      '[1]',
      '- ',
      '1. ',
      '| ',
      ' |',
      '**',
      '`',
      '\n```\n',
      '湖',
      '# ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const answer = parts.join('');
        const spans = answerBlocks(answer).flatMap((block) =>
          block.kind === 'list'
            ? block.items
            : block.kind === 'table'
              ? block.rows.flat()
              : block.lines,
        );
        const kept = spans.flatMap((span) =>
          answerInlines(answer, span).map((part) => text(answer, part.span)),
        );
        const words = (value: string): number => value.split('word').length;
        expect(words(kept.join(' '))).toBe(words(answer));
        for (let index = 1; index < spans.length; index += 1) {
          expect(spans[index]?.start).toBeGreaterThanOrEqual(spans[index - 1]?.end ?? 0);
        }
      }),
    );
  });
});
