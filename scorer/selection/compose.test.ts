import { describe, expect, it } from 'vitest';
import { draftOf } from '../../src/core/draft-of.ts';
import type { Draft, Reference } from '../../src/core/nouns.ts';
import { cite } from '../citation/cite.ts';
import { profileOf } from '../support/text-profile.ts';
import { composeAnswers, keepsFacts } from './compose.ts';

const TEXT =
  'Super Bowl 50 was played on February 7, 2016, at the stadium in Santa Clara. The Denver Broncos defeated the Carolina Panthers 24–10 to earn their third title.';
const END = TEXT.indexOf('.') + 1;

function reference(score: number): Reference {
  return {
    number: 1,
    url: 'https://example.org/game',
    title: 'Super Bowl 50',
    site: 'example.org',
    language: 'en',
    publishedAt: null,
    fetchedAt: '2026-11-23T00:00:00Z',
    text: TEXT,
    score: 1,
    evidence: [
      { reference: 1, start: 0, end: END, text: TEXT.slice(0, END), score },
      { reference: 1, start: END + 1, end: TEXT.length, text: TEXT.slice(END + 1), score: 0.1 },
    ],
  };
}

const question = 'When was Super Bowl 50 played?';

function compose(score: number, drafts: readonly (readonly [Draft['kind'], string])[]): string[] {
  const references = [reference(score)];
  const cited = drafts.map(([kind, text]) =>
    cite(draftOf(text, kind), references, { question, language: 'en' }),
  );
  return composeAnswers(cited, references, profileOf(question)).map(({ answer }) => answer);
}

describe('composeAnswers', () => {
  it('lets a sentence lead that keeps the facts of the best one', () => {
    const [first] = compose(0.9, [
      ['generated', 'Super Bowl 50 was played on February 7, 2016, in Santa Clara.'],
      ['extractive', TEXT.slice(0, END)],
    ]);
    expect(first).toBe('Super Bowl 50 was played on February 7, 2016, in Santa Clara.[1]');
  });

  it('gives the lead to the quotation when a fact was dropped', () => {
    expect(
      compose(0.9, [
        ['generated', 'Super Bowl 50 was played at the stadium in Santa Clara.'],
        ['extractive', TEXT.slice(0, END)],
      ]),
    ).toEqual([`${TEXT.slice(0, END)}[1]`]);
  });

  it('goes on with other evidence only where the ranker is unsure', () => {
    const drafts = [
      ['extractive', TEXT.slice(0, END)],
      ['extractive', TEXT],
    ] as const;
    expect(compose(0.9, drafts)).toEqual([`${TEXT.slice(0, END)}[1]`]);
    expect(compose(0.3, drafts)).toEqual([`${TEXT.slice(0, END)}[1] ${TEXT.slice(END + 1)}[1]`]);
  });

  it('has nothing to say without drafts, and keeps generated ones without quotations', () => {
    expect(compose(0.9, [])).toEqual([]);
    expect(compose(0.9, [['generated', 'The game was played on February 7, 2016.']])).toHaveLength(
      1,
    );
  });
});

describe('keepsFacts', () => {
  it('demands what a Chinese sentence adds to the question', () => {
    const quote = profileOf('北京大学创立于1898年，初名京师大学堂。');
    const asked = profileOf('北京大学初名什么？');
    expect(keepsFacts(profileOf('北京大学创立于1898年，初名京师大学堂。'), quote, asked)).toBe(
      true,
    );
    expect(keepsFacts(profileOf('北京大学创立于1898年。'), quote, asked)).toBe(false);
  });
});
