import { describe, expect, it } from 'vitest';
import { checkClaims } from './check-claims.ts';
import { verdictOf } from './checker.ts';
import { missingCode } from './code-facts.ts';
import { composeEvidence, readEvidenceSource } from './compose-evidence.ts';
import { profileOf } from './text-profile.ts';

const { signal } = new AbortController();
/** Says the same of everything, so that only words and rules decide. */
const crossEncoder = (odds: number) => ({
  support: () => Promise.resolve(0.5),
  supportOdds: () => Promise.resolve(odds),
});
const references = [
  {
    title: 'Harlow Mill',
    text: 'The mill was built in 1764 by Anders Lund. It stood empty for years. In 1810 a steam engine was added to the mill, and the old wheel was sold to Velby.',
  },
  { title: 'Velby', text: 'Velby is a town of 3,000 people. Dogs are not allowed on the ferry.' },
];
const check = async (claim: string, odds = 1) => {
  const [verdict] = await checkClaims(
    [{ claim, question: 'What is known of the mill?' }],
    references,
    crossEncoder(odds),
    { signal },
  );
  if (verdict === undefined) throw new Error('no verdict');
  return verdict;
};

describe('checking a sentence that answers a question', () => {
  it.each([
    ['The mill was built in 1764 by Anders Lund.', 'supported'],
    ['According to the sources, the mill was built in 1764 by Anders Lund [1].', 'supported'],
    ['Dogs are allowed on the ferry.', 'contradicted'],
    ['Penguins feed on fish.', 'unsupported'],
    ['The sources do not say who bought it.', 'no-claim'],
  ])('%s: %s', async (claim, verdict) => {
    expect((await check(claim)).verdict).toBe(verdict);
  });

  it.each([
    ['a number', 'The mill was built in 1765 by Anders Lund.'],
    ['a name', 'The mill was built in 1764 by Brigid Ahlin.'],
    ['code', 'The mill was built in 1764 by Anders Lund with `--force-steam`.'],
  ])(
    'never lets %s through that no reference has, whatever the cross-encoder says',
    async (_, claim) => {
      const verdict = await check(claim, 9);
      expect(verdict.attributable).toBe(false);
      expect(verdict.support).toBeLessThan(0.5);
    },
  );

  it('knows the names of the titles', async () => {
    const titled = await check('Harlow Mill was built in 1764 by Anders Lund.');
    expect(titled.verdict).toBe('supported');
  });

  it('rises with the cross-encoder', async () => {
    const claim = 'A steam engine was put into the mill in 1810.';
    expect((await check(claim, 4)).support).toBeGreaterThan((await check(claim, -4)).support);
  });

  it('points at spans of several references', async () => {
    const { evidence } = await check(
      'A steam engine was added in 1810 and the old wheel was sold to Velby, a town of 3,000 people.',
    );
    expect(new Set(evidence.map(({ reference }) => reference)).size).toBe(2);
    for (const { reference, start, end } of evidence)
      expect(references[reference]?.text.slice(start, end)).toMatch(/^\p{Lu}.*\.$/u);
  });

  it('sees a cancel', async () => {
    const controller = new AbortController();
    controller.abort();
    const call = checkClaims([{ claim: 'One.', question: 'What?' }], references, crossEncoder(0), {
      signal: controller.signal,
    });
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('verdictOf', () => {
  const facts = { factMissing: false, quantityMissing: false };
  const clean = { facts, clashes: [], codeMissing: 0 };

  it('tells what follows in part', () => {
    expect(verdictOf({ supported: 0.8, main: 0.9 }, clean).verdict).toBe('supported');
    expect(verdictOf({ supported: 0.3, main: 0.9 }, clean).verdict).toBe('partly');
    expect(verdictOf({ supported: 0.3, main: 0.2 }, clean).verdict).toBe('unsupported');
  });

  it('lets no rule be outvoted', () => {
    const sure = { supported: 0.99, main: 0.99 };
    const opposite = [{ kind: 'opposite', contradicts: true }] as const;
    const scope = [{ kind: 'scope', contradicts: false }] as const;
    expect(verdictOf(sure, { ...clean, clashes: opposite }).verdict).toBe('contradicted');
    expect(verdictOf(sure, { ...clean, clashes: scope }).verdict).toBe('partly');
    expect(verdictOf(sure, { ...clean, codeMissing: 1 }).verdict).toBe('partly');
    const named = { factMissing: true, quantityMissing: false };
    expect(verdictOf(sure, { ...clean, facts: named }).support).toBeLessThan(0.5);
    // Names are written otherwise in other languages.
    expect(verdictOf(sure, { ...clean, facts: named }, true).verdict).toBe('supported');
  });
});

describe('missingCode', () => {
  it.each([
    [0, 'Use `git commit -m "a message"` to commit.', 'git commit [-m <msg>]'],
    [1, 'Use `git commit --fast`.', 'git commit [-m <msg>]'],
    [1, 'Call open_file() first.', 'Call open() first.'],
    [0, 'Write `<file>` or `your_table`.', 'nothing'],
    [0, 'No code at all.', 'nothing'],
  ])('%d: %s', (missing, claim, text) => {
    expect(missingCode(claim, [text])).toBe(missing);
  });
});

describe('composeEvidence', () => {
  it('takes what covers the claim from several references, in their order, behind their titles', () => {
    const sources = references.map(({ title, text }) => readEvidenceSource(text, title));
    const claim = profileOf('A town of 3,000 people bought the wheel that was sold in 1810.');
    const { text, spans } = composeEvidence(claim, sources);
    expect(text).toMatch(/^Harlow Mill: .*1810.*\nVelby: Velby is a town of 3,000 people\./su);
    for (const { reference, start, end } of spans)
      expect(text).toContain(references[reference]?.text.slice(start, end));
  });

  it('stays short, and in bounds, on long and hostile text', () => {
    const long = readEvidenceSource('word '.repeat(20_000));
    const { text, spans } = composeEvidence(profileOf('A word of a word.'), [long]);
    expect(text.split(/\s+/u).length).toBeLessThanOrEqual(125);
    expect(spans.every(({ start, end }) => start < end)).toBe(true);
    expect(composeEvidence(profileOf(''), []).text).toBe('');
  });
});
