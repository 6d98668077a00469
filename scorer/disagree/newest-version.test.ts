import { describe, expect, it } from 'vitest';
import { draftOf } from '../../src/core/draft-of.ts';
import type { CitedAnswer, Reference } from '../../src/core/nouns.ts';
import { leadWithNewestVersion } from './newest-version.ts';

const reference = (number: number, text: string, publishedAt: string | null = null): Reference => ({
  number,
  url: `https://quill.example/${number}`,
  title: 'Quill',
  site: 'quill.example',
  language: 'en',
  publishedAt,
  fetchedAt: '2026-01-01T00:00:00Z',
  text,
  score: null,
  evidence: [],
});
const saying = (text: string): CitedAnswer => ({
  draft: draftOf(text),
  answer: text,
  sentences: [{ text, start: 0, end: text.length, citations: [] }],
  support: 1,
});
const QUESTION = 'What is the latest version of Quill?';

describe('the latest version', () => {
  it('is the one with the newest date beside it, the older one told after with its date', () => {
    const references = [
      reference(1, 'The latest version of Quill is 3.2. Quill 3.2 was released on 4 March 2023.'),
      reference(
        2,
        'Quill 4.1 was released on 9 September 2025. Quill 4.0 came on 11 February 2025.',
      ),
    ];
    const { answer } = leadWithNewestVersion(
      saying('The latest version of Quill is 3.2.'),
      references,
      QUESTION,
    );
    expect(answer).toBe(
      'Quill 4.1 was released on 9 September 2025.[2] Quill 3.2 was released on 4 March 2023.[1]',
    );
  });

  it('goes by the date of the page where nothing else tells', () => {
    const references = [
      reference(1, 'The latest version of Quill is 3.2, released today.', '2023-03-04T08:00:00Z'),
      reference(2, 'Quill 4.1 is out. It brings tables.', '2025-09-09'),
    ];
    const best = saying('The latest version of Quill is 3.2, released today.');
    expect(leadWithNewestVersion(best, references, QUESTION).answer).toMatch(
      /^Quill 4\.1 is out\./u,
    );
  });

  it('stays where it is the newest, where no date tells, and for any other question', () => {
    const dated = [
      reference(1, 'Quill 4.1 came on 2025-09-09.'),
      reference(2, 'Quill 3.2 is old.'),
    ];
    const right = saying('Quill 4.1 came on 2025-09-09.');
    expect(leadWithNewestVersion(right, dated, QUESTION)).toBe(right);
    const undated = [reference(1, 'Quill 3.2 is out.'), reference(2, 'Quill 4.1 is out.')];
    const old = saying('Quill 3.2 is out.');
    expect(leadWithNewestVersion(old, undated, QUESTION)).toBe(old);
    expect(leadWithNewestVersion(old, dated, 'Who wrote Quill 3.2?')).toBe(old);
  });
});
