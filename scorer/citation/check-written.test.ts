import { describe, expect, it } from 'vitest';
import type { Reference } from '../../src/core/nouns.ts';
import { checkWritten } from './check-written.ts';

const TEXT =
  'The River Enn rises in the hills of Velland and flows south into the Orr Sea. Bicycles are allowed on the ferry but not on the tram of Velmark. To undo the last commit, run\n\ngit reset --soft HEAD~1\n\nin the folder.';
const reference: Reference = {
  number: 3,
  url: 'https://enn.example/',
  title: 'River Enn',
  site: 'enn.example',
  language: 'en',
  publishedAt: null,
  fetchedAt: '2026-01-01T00:00:00Z',
  text: TEXT,
  score: null,
  evidence: [],
};
const { signal } = new AbortController();

async function checkedText(question: string, text: string, form: 'sentence' | 'item' | 'code') {
  const units = [{ text, form }];
  const [found] = await checkWritten(
    { question, units, before: [], references: [reference] },
    null,
    { signal },
  );
  return found;
}

describe('checking what was written', () => {
  it('cites what is supported, with the words it rests on', async () => {
    const found = await checkedText(
      'Where does the Enn flow?',
      'The River Enn flows south into the Orr Sea.',
      'sentence',
    );
    const [citation] = found?.sentence?.citations ?? [];
    expect(citation?.reference).toBe(3);
    expect(citation?.quote).toBe(TEXT.slice(citation?.start, citation?.end));
    expect(citation?.quote).toContain('flows south into the Orr Sea');
  });

  it('shows no false sentence, and offers the one that comes closest', async () => {
    const found = await checkedText(
      'Where does the Enn flow?',
      'The River Enn rises in the hills of Norland and flows south in 1764.',
      'sentence',
    );
    expect(found?.sentence).toBeNull();
    expect(found?.quotation?.text ?? '').not.toContain('1764');
  });

  it('keeps a "Yes" or "No" only where the statement bears it out', async () => {
    const said = async (question: string, text: string) =>
      (await checkedText(question, text, 'sentence'))?.sentence?.text;
    expect(
      await said(
        'Does the River Enn flow north?',
        'No, the River Enn flows south into the Orr Sea.',
      ),
    ).toBe('No, the River Enn flows south into the Orr Sea.');
    expect(
      await said(
        'Are bicycles allowed on the tram in Velmark?',
        'Yes, bicycles are allowed on the ferry but not on the tram of Velmark.',
      ),
    ).toBe('Bicycles are allowed on the ferry but not on the tram of Velmark.');
  });

  it('says what the sources say without saying that they do', async () => {
    const found = await checkedText(
      'Where does the Enn flow?',
      'The sources state that the River Enn flows south into the Orr Sea.',
      'sentence',
    );
    expect(found?.sentence?.text).toBe('The River Enn flows south into the Orr Sea.');
  });

  it('shows code and bare items only as they stand in a source', async () => {
    const question = 'How do I undo the last commit?';
    const right = await checkedText(question, 'git reset --soft HEAD~1', 'code');
    expect(right?.sentence?.text).toBe('```\ngit reset --soft HEAD~1\n```');
    expect((await checkedText(question, 'git reset --hard HEAD~1', 'code'))?.sentence).toBeNull();
    expect((await checkedText(question, 'Orr Sea', 'item'))?.sentence).not.toBeNull();
    expect((await checkedText(question, 'North Sea', 'item'))?.sentence).toBeNull();
    expect((await checkedText(question, 'Follow these steps:', 'sentence'))?.verdict).toBe(
      'no-claim',
    );
  });
});
