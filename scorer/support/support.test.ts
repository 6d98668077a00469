import { describe, expect, it } from 'vitest';
import { support } from './support.ts';

const text =
  'The 1973 oil crisis began in October 1973 when OAPEC proclaimed an oil embargo. By the end of the embargo in March 1974, the price of oil had risen from US$3 per barrel to nearly $12 globally. Denver defeated Carolina in the final.';

describe('support', () => {
  it('attributes what the text says, and points at the sentence', () => {
    const verdict = support('The oil crisis of 1973 began in October 1973.', [
      'Nothing here.',
      text,
    ]);
    expect(verdict.attributable).toBe(true);
    const span = verdict.evidence[0];
    expect(span?.reference).toBe(1);
    expect(text.slice(span?.start, span?.end)).toMatch(/^The 1973 oil crisis.*embargo\.$/u);
  });

  it.each([
    ['a changed number', 'The oil crisis began in October 1974.', false],
    ['a changed month', 'The oil crisis began in November 1973.', false],
    ['a changed price', 'The price of oil had risen to nearly $15 per barrel.', false],
    [
      'a foreign name',
      'The oil crisis began in October 1973 when Brazil proclaimed an embargo.',
      false,
    ],
  ])('never attributes %s', (_, claim, attributable) => {
    const verdict = support(claim, [
      text.split(' By the end')[0] + ' By the end the price had risen to nearly $12.',
    ]);
    expect(verdict.attributable).toBe(attributable);
  });

  it('answers for empty input', () => {
    const nothing = { support: 0, attributable: false, evidence: [] };
    expect(support('', [text])).toEqual({ verdict: 'no-claim', ...nothing });
    expect(support('Anything.', [])).toEqual({ verdict: 'unsupported', ...nothing });
    expect(support('Anything.', [''])).toEqual({ verdict: 'unsupported', ...nothing });
  });

  it.each([
    ['The oil crisis of 1973 began in October 1973.', 'supported'],
    ['Denver did not defeat Carolina in the final.', 'contradicted'],
    ['Penguins live in the far south and feed on fish.', 'unsupported'],
    ['The sources do not say who ended the embargo.', 'no-claim'],
    ['Here are the reasons:', 'no-claim'],
  ])('%s: %s', (claim, verdict) => {
    expect(support(claim, [text]).verdict).toBe(verdict);
  });

  it('stays in bounds on long hostile text', () => {
    const verdict = support('The embargo ended.', ['a'.repeat(200_000), 'no. '.repeat(50_000)]);
    expect(verdict.support).toBeGreaterThanOrEqual(0);
    expect(verdict.support).toBeLessThanOrEqual(1);
  });
});
