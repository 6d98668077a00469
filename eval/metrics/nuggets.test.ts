import { describe, expect, it } from 'vitest';
import { coveredSentences } from './covered-sentences.ts';
import { holdsPhrase, normaliseForNuggets, scoreNuggets } from './nuggets.ts';

const holds = (phrase: string, text: string): boolean =>
  holdsPhrase(phrase, normaliseForNuggets(text));

describe('nuggets', () => {
  it('match over number words, commas, percents, dashes and quotes', () => {
    expect(holds('5 years', 'It took five years.')).toBe(true);
    expect(holds('1200', 'About 1,200 people')).toBe(true);
    expect(holds('20% less', 'twenty percent less profitable')).toBe(true);
    expect(holds("don't", 'They don’t')).toBe(true);
    expect(holds('21 day', 'a 21-day cruise')).toBe(true);
    expect(holds('organization', 'the organisation of it')).toBe(true);
    expect(holds("if __name__ == '__main__'", 'Use `if __name__ == ‘__main__’:`')).toBe(true);
    expect(holds('24-48 hours (or more)', 'within 24–48 hours (or more)')).toBe(true);
    expect(holds('四万七千', '共四万 七千只')).toBe(true);
  });

  it('begin at a word, and touch no other digit', () => {
    expect(holds('17', 'in 2017')).toBe(false);
    expect(holds('2.5', 'some 12.5 times')).toBe(false);
    expect(holds('17', 'on the 17th')).toBe(true);
    expect(holds('rose', 'they were in Montrose')).toBe(false);
    expect(holds('misus', 'it was misused')).toBe(true);
    expect(holds('3.5', 'version 3.51')).toBe(false);
  });

  it('are counted apart when they are vital', () => {
    const nugget = (phrase: string, vital: boolean) => ({ text: phrase, any_of: [phrase], vital });
    const nuggets = [nugget('alpha', true), nugget('beta', true), nugget('gamma', false)];
    expect(scoreNuggets(nuggets, 'Alpha and gamma.')).toEqual({
      vital: 0.5,
      all: 2 / 3,
      full: false,
      missed: ['beta'],
    });
    expect(scoreNuggets(nuggets, '')).toMatchObject({ vital: 0, all: 0, full: false });
    expect(scoreNuggets([nugget('x', false)], 'y').vital).toBeNull();
  });
});

describe('marked sentences', () => {
  const marked = [['The bridge was opened by the mayor in 1932.', 'It cost four million pounds.']];

  it('count as conveyed by their content words, not those of the question', () => {
    const score = coveredSentences(
      'who opened the bridge',
      'The mayor opened it in 1932. Ferries are cheap today.',
      marked,
      [],
    );
    expect(score).toEqual({ covered: 0.5, onPoint: 0.5 });
  });

  it('take the annotator who fits best', () => {
    const score = coveredSentences(
      'what did it cost',
      'It cost four million pounds.',
      [['Something else entirely was marked here.'], ['It cost four million pounds.']],
      [],
    );
    expect(score.covered).toBe(1);
  });
});
