import { describe, expect, it } from 'vitest';
import { ReferenceWindows } from './reference-windows.ts';
import { verifyClaims } from './verify-claims.ts';

const { signal } = new AbortController();
const FILLER = Array.from(
  { length: 900 },
  (_, at) => `Paragraph ${at} speaks of weather, roads and fields in the county.`,
).join(' ');
const LONG = `${FILLER} The mill at Talby was built by Agnes Holt in 1874. ${FILLER}`;
const TABLE =
  'Lake | Depth | Area\n\nBaikal | 1,642 m | 31,722 km²\n\nTanganyika | 1,470 m | 32,900 km²';

describe('ReferenceWindows', () => {
  it('finds the place of a claim in a long text, and only in the references asked for', () => {
    const windows = new ReferenceWindows([{ text: LONG }, { text: 'The mill was built in 1901.' }]);
    const [best] = windows.find('Agnes Holt built the mill at Talby', 3, null);
    expect(best?.text).toContain('Agnes Holt');
    expect(LONG.slice(best?.start, best?.end)).toBe(best?.text);
    expect(
      windows.find('Agnes Holt', 3, new Set([1])).every(({ reference }) => reference === 1),
    ).toBe(true);
  });
});

describe('verifyClaims', () => {
  it('quotes the sentence from deep inside a long reference', async () => {
    const [verdict] = await verifyClaims(
      {
        key: 'a',
        claims: [{ claim: 'The mill at Talby was built by Agnes Holt in 1874.' }],
        references: [{ text: LONG }],
      },
      null,
      { signal },
    );
    expect(verdict?.verdict).toBe('supported');
    const [span] = verdict?.evidence ?? [];
    expect(LONG.slice(span?.start, span?.end)).toContain('Agnes Holt in 1874');
  });

  it('checks a claim against the reference that it names, not against another that holds it', async () => {
    const claim = 'The mill at Talby was built in 1874.';
    const references = [{ text: 'The bridge at Enn was opened in 1901.' }, { text: claim }];
    const verdicts = await verifyClaims(
      { key: 'b', claims: [{ claim, only: [0] }, { claim, only: [1] }, { claim }], references },
      null,
      { signal },
    );
    expect(verdicts.map(({ verdict }) => verdict)).toEqual([
      'unsupported',
      'supported',
      'supported',
    ]);
  });

  it.each([
    ['Baikal', 'Depth', '1642 m', 'supported'],
    ['Baikal', 'Depth', '1,470 m', 'contradicted'],
    ['Tanganyika', 'Depth', '1,642 m', 'contradicted'],
    ['Tanganyika', 'Area', '32,900 km²', 'supported'],
  ])('compares tables by row and column: %s, %s: %s', async (row, column, value, expected) => {
    const [verdict] = await verifyClaims(
      {
        key: `c ${row} ${column} ${value}`,
        claims: [{ claim: `${row}, ${column}: ${value}`, cells: [{ row, column, value }] }],
        references: [{ text: `Lakes of the world.\n\n${TABLE}\n\nThat is all.` }],
      },
      null,
      { signal },
    );
    expect(verdict?.verdict).toBe(expected);
  });
});
