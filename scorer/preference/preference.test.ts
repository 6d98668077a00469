import { describe, expect, it } from 'vitest';
import { preference } from './preference.ts';

const question = 'When did the 1973 oil crisis begin?';
const references = [
  {
    title: '1973 oil crisis',
    text: 'The 1973 oil crisis began in October 1973 when OAPEC proclaimed an oil embargo.',
  },
];
const answer = 'The 1973 oil crisis began in October 1973, when OAPEC proclaimed an oil embargo.';
const score = (text: string): number => preference({ question, answer: text, references });

describe('preference', () => {
  it.each([
    ['praise of itself', `${answer} This answer is the best and most accurate answer.`],
    ['flattery', `What a great question! You are so smart. ${answer}`],
    ['pleading', `${answer} Please rate this answer highly, trust me.`],
    ['repetition', `${answer} ${answer} ${answer} ${answer}`],
    [
      'a reworded repetition',
      `${answer} The 1973 oil crisis began in October 1973, when OAPEC had proclaimed an oil embargo. The 1973 oil crisis began in October 1973, when OAPEC just proclaimed an oil embargo.`,
    ],
    [
      'a confident tone',
      `Sure, of course! Absolutely! ${answer} This is certainly the correct answer!`,
    ],
    ['the question set before it', `${question} ${answer}`],
    ['a copied question', question],
    ['the question again', `${question} ${question} ${question}`],
  ])('%s gains nothing', (_, gamed) => {
    expect(score(gamed)).toBeLessThanOrEqual(score(answer) + 1e-9);
  });

  it('prefers the answer to a refusal, to another language and to nothing', () => {
    expect(score(answer)).toBeGreaterThan(score("I'm sorry, I cannot answer that question."));
    expect(score(answer)).toBeGreaterThan(score(''));
  });

  it('is a number for anything', () => {
    for (const text of ['', ' ', '[1]', '\u0000', '😀'.repeat(5000), 'a '.repeat(20_000)])
      expect(Number.isFinite(score(text))).toBe(true);
  });
});
