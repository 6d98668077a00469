import { describe, expect, it } from 'vitest';
import { draftOf } from '../../src/core/draft-of.ts';
import type { Draft, Reference } from '../../src/core/nouns.ts';
import { cite } from '../citation/cite.ts';
import { abstention } from '../abstain/abstention.ts';
import { select } from './select.ts';

const text =
  'The 1973 oil crisis began in October 1973 with an embargo. Oil is traded in barrels. The price of oil rose to nearly $12 in 1974.';
const reference: Reference = {
  number: 1,
  url: 'https://example.org/oil',
  title: '1973 oil crisis',
  site: 'example.org',
  language: 'en',
  publishedAt: null,
  fetchedAt: '2026-11-23T00:00:00Z',
  text,
  score: 1,
  evidence: [{ reference: 1, start: 0, end: 58, text: text.slice(0, 58), score: 0.9 }],
};
const context = {
  question: 'When did the 1973 oil crisis begin?',
  references: [reference],
  answerability: 0.9,
  pages: 10,
};
const cited = (words: string, kind: Draft['kind'] = 'generated') =>
  cite(draftOf(words, kind), [reference], { question: context.question, language: 'en' });

describe('select', () => {
  const direct = cited('The 1973 oil crisis began in October 1973.');
  const beside = cited('Oil is traded in barrels.');

  it('takes the direct answer, in whatever order', () => {
    expect(select([beside, direct], context).best?.cited).toBe(direct);
    expect(select([direct, beside], context).best?.cited).toBe(direct);
  });

  it('abstains when nothing is supported or nothing answers', () => {
    expect(select([cited('Nothing of this is known to science.')], context)).toMatchObject({
      best: null,
      abstain: true,
      reason: 'unsupported',
    });
    expect(select([direct], { ...context, answerability: 0.005 })).toMatchObject({
      abstain: true,
      reason: 'unanswerable',
    });
    expect(select([], context).reason).toBe('no-candidates');
    expect(select([direct], { ...context, answerability: null }).abstain).toBe(false);
  });
});

describe('abstention', () => {
  it.each(['en', 'zh', 'ja', 'de', 'fr', 'es', 'xx'])(
    'covers its text in %s and cites nothing',
    (language) => {
      const given = [
        reference,
        { ...reference, number: 2, title: 'A [1] title' },
        { ...reference, number: 3, title: '' },
      ];
      const { answer, sentences } = abstention(given, language);
      expect(sentences.map(({ start, end }) => answer.slice(start, end))).toEqual(
        sentences.map(({ text }) => text),
      );
      expect(sentences.flatMap(({ citations }) => citations)).toEqual([]);
      expect(answer).toContain('1973 oil crisis');
      expect(answer).not.toMatch(/\[\d+\]/u);
    },
  );
  it('says so when there are no sources at all', () => {
    expect(abstention([], 'en').answer).toBe('No sources were found for this question.');
  });
});
