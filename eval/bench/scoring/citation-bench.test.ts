import { describe, expect, it } from 'vitest';
import { benchDataPresent, citationCases, runCitationCase } from './citation-bench.ts';

describe.skipIf(!benchDataPresent)('citation bench (needs ../shared/data/frozen-web-dev)', () => {
  const rows = (benchDataPresent ? citationCases(24) : []).map((item) => ({
    item,
    outcome: runCitationCase(item),
  }));
  const share = (
    kinds: readonly string[],
    test: (row: (typeof rows)[number]) => boolean,
  ): number => {
    const some = rows.filter(({ item }) => kinds.includes(item.kind));
    return some.filter(test).length / some.length;
  };

  it('cites verbatim sentences to the right reference', () => {
    expect(share(['verbatim'], ({ outcome }) => outcome.kept && outcome.rightReference)).toBe(1);
    expect(
      share(['shortened'], ({ outcome }) => outcome.kept && outcome.rightReference),
    ).toBeGreaterThanOrEqual(0.9);
  });

  it('quotes exactly, always', () => {
    expect(rows.every(({ outcome }) => outcome.exactQuotes)).toBe(true);
  });

  it('keeps almost no false sentence', () => {
    expect(
      share(['number', 'name', 'negation'], ({ outcome }) => outcome.kept),
    ).toBeLessThanOrEqual(0.05);
    expect(share(['foreign'], ({ outcome }) => outcome.kept)).toBeLessThanOrEqual(0.02);
  });
});
