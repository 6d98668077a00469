import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textClaims } from './text-claims.ts';

const claims = (text: string) =>
  textClaims(text).claims.map(({ start, end, ...rest }) => ({
    ...rest,
    text: text.slice(start, end),
  }));

describe('textClaims', () => {
  it('takes the sentences of prose with the references that they name', () => {
    const text =
      'The mill was built in 1874.[1] It burnt down twice [2, 4]. 它建于1874年【3】。 Is it open? See `xs[1]` (not a mark).';
    expect(claims(text).map(({ claim, labels }) => [claim, labels])).toEqual([
      ['The mill was built in 1874.', ['1']],
      ['It burnt down twice .', ['2', '4']],
      ['它建于1874年。', ['3']],
      ['', []],
      ['See xs[1] (not a mark).', []],
    ]);
  });

  it.each([
    ['It is old.[2-4]', ['2', '3', '4']],
    ['It is old.[^a]', ['a']],
    ['It is old.【10:13†source】', ['10']],
    ['It is old.³', ['3']],
    ['It has 4 m² of floor.', []],
    ['See [the list](https://example.org/a_(b)) now.', []],
  ])('reads the marks of %j', (text, labels) => {
    expect(claims(text)[0]?.labels).toEqual(labels);
  });

  it('claims nothing by headings, code, rules and lists of sources', () => {
    const text = `# Mills

The mill is **old**.[1]

\`\`\`sh
echo "It was built in 1999."
\`\`\`

---

Sources
[1]: https://example.org/mill
[2] The other mill, https://example.org/other.
[^3]: https://example.org/third`;
    const made = textClaims(text);
    expect(made.claims.map(({ kind, claim }) => [kind, claim])).toEqual([
      ['heading', ''],
      ['sentence', 'The mill is old.'],
      ['code', ''],
      ['heading', ''],
      ['sentence', 'Sources'],
      ['source', ''],
      ['source', ''],
      ['source', ''],
    ]);
    expect(made.sources).toEqual({
      1: 'https://example.org/mill',
      2: 'https://example.org/other',
      3: 'https://example.org/third',
    });
  });

  it('reads a table by row and column', () => {
    const text =
      '| Lake | Depth | Area |\n|---|---:|---|\n| Baikal | 1,642 m [1] | 31,722 |\n| Talby | | 3 |';
    expect(
      claims(text).map(({ kind, claim, labels, cells }) => ({ kind, claim, labels, cells })),
    ).toEqual([
      { kind: 'table-row', claim: '', labels: [], cells: [] },
      { kind: 'table-row', claim: '', labels: [], cells: [] },
      {
        kind: 'table-row',
        claim: 'Baikal, Depth: 1,642 m; Baikal, Area: 31,722',
        labels: ['1'],
        cells: [
          { row: 'Baikal', column: 'Depth', value: '1,642 m' },
          { row: 'Baikal', column: 'Area', value: '31,722' },
        ],
      },
      {
        kind: 'table-row',
        claim: 'Talby, Area: 3',
        labels: [],
        cells: [{ row: 'Talby', column: 'Area', value: '3' }],
      },
    ]);
  });

  it('takes list items one by one, without their bullets', () => {
    expect(
      claims('Steps:\n\n1. Stop the wheel.\n2. Oil the shaft.').map(({ claim }) => claim),
    ).toEqual(['Steps:', 'Stop the wheel.', 'Oil the shaft.']);
  });

  it('covers the whole of any text, in order, but for white space', () => {
    const piece = fc.constantFrom(
      'a. ',
      'B c',
      '\n',
      '\n\n',
      '# h',
      '| x | y |',
      '```',
      '- z',
      '[1]',
      '。',
      '¹',
      '> ',
      '\r\n',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        let last = 0;
        for (const { start, end } of textClaims(text).claims) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(text.slice(last, start).trim()).toBe('');
          last = end;
        }
        expect(text.slice(last).trim()).toBe('');
      }),
      { numRuns: 300 },
    );
  });

  it('takes time in proportion to the text', () => {
    const time = (text: string): number => {
      const started = performance.now();
      textClaims(text);
      return performance.now() - started;
    };
    for (const piece of ['[', '[1', '**', '`a', '| ', '![a](', 'https://', '[^', '¹.']) {
      time(piece.repeat(5_000));
      const small = time(piece.repeat(10_000));
      expect(time(piece.repeat(80_000))).toBeLessThan(8 * 6 * Math.max(small, 20));
    }
  });
});
