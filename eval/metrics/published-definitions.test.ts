/** Metrics against the definitions they are named after, in examples worked out by hand. */
import { describe, expect, it } from 'vitest';
import { pairedBootstrap } from './bootstrap.ts';
import { citationQuality, type EntailmentJudge } from './citation-quality.ts';
import { areaUnderRoc, balancedAccuracy, calibrationError } from './classification.ts';
import { lexicalJudge, lexicalSupport } from './lexical-judge.ts';
import { ndcg, pairwiseAccuracy, reciprocalRank } from './ranking-quality.ts';
import { areaUnderRisk, riskCoverage } from './risk-coverage.ts';
import { rouge1, rougeL } from './rouge.ts';
import { simpleScores } from './simpleqa.ts';

const options = { signal: new AbortController().signal };

/** Entails when every letter of the claim stands in the premise: easy to work out by hand. */
const letters: EntailmentJudge = {
  name: 'letters',
  entails: (premise, claim) =>
    Promise.resolve(claim.split('').every((letter) => premise.includes(letter))),
};

describe("ALCE's citation recall and precision (Gao et al. 2023, 3.3)", () => {
  const passages = new Map([
    [1, 'abc'],
    [2, 'def'],
    [3, 'xyz'],
  ]);
  const quality = (sentences: readonly (readonly [string, readonly number[]])[]) =>
    citationQuality(
      sentences.map(([text, citations]) => ({ text, citations })),
      passages,
      letters,
      options,
    );

  it('one citation that entails', async () => {
    expect(await quality([['ab', [1]]])).toEqual({ recall: 1, precision: 1, alone: 1 });
  });

  it('an irrelevant citation costs precision, not recall', async () => {
    // [3] alone does not entail, and [1] without it still does: irrelevant.
    expect(await quality([['ab', [1, 3]]])).toEqual({ recall: 1, precision: 0.5, alone: 1 });
  });

  it('two citations that only entail together both count, but neither stands alone', async () => {
    expect(await quality([['ad', [1, 2]]])).toEqual({ recall: 1, precision: 1, alone: 0 });
  });

  it('a third one beside them is irrelevant', async () => {
    expect(await quality([['ad', [1, 2, 3]]])).toEqual({
      recall: 1,
      precision: 2 / 3,
      alone: 0,
    });
  });

  it('without entailment every citation is imprecise; without citations there is no recall', async () => {
    // Sentence 1: recall 1, its citation precise. Sentence 2: recall 0, both imprecise. Sentence 3: none.
    expect(
      await quality([
        ['ab', [1]],
        ['q', [1, 2]],
        ['ab', []],
      ]),
    ).toEqual({ recall: 1 / 3, precision: 1 / 3, alone: 1 / 3 });
    expect(await quality([])).toBeNull();
  });

  it('a citation given twice counts once; a number that does not exist entails nothing', async () => {
    expect(await quality([['ab', [1, 1]]])).toEqual({ recall: 1, precision: 1, alone: 1 });
    expect((await quality([['ab', [9]]]))?.recall).toBe(0);
  });
});

describe("WebGLM's citation rule (lexical judge)", () => {
  it('counts content words and asks for every number', async () => {
    // tower, opened, 1889 wanted; all but "opened" held: 2 of 3.
    expect(lexicalSupport('The tower of 1889', 'The tower opened in 1889')).toBeCloseTo(2 / 3);
    expect(lexicalSupport('The tower opened', 'The tower opened in 1889')).toBe(0);
    expect(await lexicalJudge.entails('塔于1889年开放。', '塔在1889年开放', options)).toBe(true);
    expect(await lexicalJudge.entails('塔于1888年开放。', '塔在1889年开放', options)).toBe(false);
  });
});

describe("SimpleQA's scores (Wei et al. 2024)", () => {
  it('harmonic mean of correct and correct given attempted', () => {
    const scores = simpleScores([
      'correct',
      'correct',
      'incorrect',
      'not-attempted',
      'not-attempted',
    ]);
    expect(scores).toMatchObject({ correct: 0.4, incorrect: 0.2, not_attempted: 0.4 });
    expect(scores.correct_given_attempted).toBeCloseTo(2 / 3);
    // 2 * (2/3) * 0.4 / (2/3 + 0.4) = 0.5
    expect(scores.f_score).toBeCloseTo(0.5);
    expect(simpleScores(['not-attempted']).f_score).toBe(0);
  });
});

describe('ROUGE (Lin 2004)', () => {
  it("gives the paper's example", () => {
    // "police kill the gunman" against "police killed the gunman": LCS 3 of 4 and 4.
    expect(rougeL('police kill the gunman', 'police killed the gunman').f1).toBeCloseTo(0.75);
    // The order counts for L, not for 1: "the gunman kill police" has LCS 2.
    expect(rougeL('the gunman kill police', 'police killed the gunman').f1).toBeCloseTo(0.5);
    expect(rouge1('the gunman kill police', 'police killed the gunman').f1).toBeCloseTo(0.75);
  });

  it('takes Han characters as tokens', () => {
    expect(rougeL('北京是首都', '首都是北京').recall).toBeCloseTo(0.4);
  });
});

describe('risk and coverage', () => {
  const items = [
    { confidence: 0.9, right: true, answerable: true },
    { confidence: 0.8, right: false, answerable: false },
    { confidence: 0.7, right: true, answerable: true },
    { confidence: 0.7, right: false, answerable: true },
  ];

  it('answers from the surest on, ties together', () => {
    expect(
      riskCoverage(items).map(({ coverage, risk, answered, abstained }) => [
        coverage,
        risk,
        answered,
        abstained,
      ]),
    ).toEqual([
      [0.25, 0, 1 / 3, 1],
      [0.5, 0.5, 1 / 3, 0],
      [1, 0.5, 1, 0],
    ]);
    // 0.25 · 0 + 0.25 · 0.5 + 0.5 · 0.5
    expect(areaUnderRisk(items)).toBeCloseTo(0.375);
  });
});

describe('ranking', () => {
  it('nDCG, reciprocal rank, pairs', () => {
    expect(ndcg([3, 2, 1], 10)).toBe(1);
    // (1 + 3/log2(3)) / (3 + 1/log2(3))
    expect(ndcg([1, 2], 10)).toBeCloseTo((1 + 3 / Math.log2(3)) / (3 + 1 / Math.log2(3)));
    expect(reciprocalRank([false, true, true])).toBe(0.5);
    expect(reciprocalRank([false])).toBe(0);
    // 3-1 right, 3-2 right, 1-2 wrong.
    expect(pairwiseAccuracy([3, 1, 2])).toBeCloseTo(2 / 3);
  });
});

describe('classification', () => {
  it('balanced accuracy, area under ROC, calibration error', () => {
    const items = [
      { score: 0.9, positive: true },
      { score: 0.6, positive: false },
      { score: 0.6, positive: true },
      { score: 0.1, positive: false },
      { score: 0.2, positive: false },
      { score: 0.3, positive: true },
    ];
    // Of three positives two are above .5, of three negatives two below.
    expect(balancedAccuracy(items, 0.5)).toBeCloseTo(2 / 3);
    // 9 pairs: .9 beats 3; .6 beats 2 and ties 1; .3 beats 2: 3 + 2.5 + 2 = 7.5.
    expect(areaUnderRoc(items)).toBeCloseTo(7.5 / 9);
    expect(calibrationError([{ score: 0.75, positive: true }])).toBeCloseTo(0.25);
  });
});

describe('paired bootstrap', () => {
  it('an interval around the mean difference, the same for the same seed', () => {
    const pairs = Array.from({ length: 100 }, (_, index) => [0, index < 30 ? 1 : 0] as const);
    const one = pairedBootstrap(pairs);
    expect(one).toEqual(pairedBootstrap(pairs));
    expect(one.difference).toBeCloseTo(0.3);
    // The standard error is sqrt(.3 · .7 / 100) = .046, so 95 % lie within about ±.09.
    expect(one.low).toBeGreaterThan(0.18);
    expect(one.low).toBeLessThan(0.25);
    expect(one.high).toBeGreaterThan(0.35);
    expect(one.high).toBeLessThan(0.42);
    expect(one.p).toBeLessThan(0.01);
    expect(pairedBootstrap([[1, 1]]).p).toBe(1);
  });
});
