import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weights } from '../../test/weights.ts';
import { CrossEncoder } from '../../src/runtime/cross-encoder/cross-encoder.ts';
import { draftOf } from '../../src/core/draft-of.ts';
import type { Reference } from '../../src/core/nouns.ts';
import { cite } from '../citation/cite.ts';
import { joinOpinions, SecondOpinions } from './second-opinion.ts';
import { checkClaims } from './check-claims.ts';
import { support } from './support.ts';

const { signal } = new AbortController();

describe('joinOpinions', () => {
  it('rises with either opinion and stays a probability', () => {
    for (const features of [0, 0.2, 0.5, 0.8, 1]) {
      let last = 0;
      for (const crossEncoder of [0, 0.2, 0.5, 0.8, 1]) {
        const both = joinOpinions(features, crossEncoder);
        expect(both).toBeGreaterThan(last);
        expect(both).toBeLessThan(1);
        expect(joinOpinions(Math.min(1, features + 0.1), crossEncoder)).toBeGreaterThanOrEqual(
          both,
        );
        last = both;
      }
    }
  });
});

describe('SecondOpinions', () => {
  it('asks only where the answer can change the verdict, the most doubtful first', () => {
    const opinions = new SecondOpinions();
    const pair = (claim: string) => ({ claim, text: 'a text' });
    expect(opinions.join(pair('hopeless'), 0.001)).toBe(0.001);
    expect(opinions.join(pair('doubtful'), 0.7)).toBe(0.7);
    expect(opinions.join(pair('even'), 0.5)).toBe(0.5);
    expect(opinions.wanted(8).map(({ claim }) => claim)).not.toContain('hopeless');
    expect(opinions.wanted(8).map(({ claim }) => claim)).toContain('even');
    expect(opinions.wanted(1)).toHaveLength(1);
    opinions.learn(pair('even'), 0.99);
    expect(opinions.wanted(8).map(({ claim }) => claim)).not.toContain('even');
    expect(opinions.join(pair('even'), 0.5)).toBeGreaterThan(0.5);
  });
});

const path = weights('multilingual-e5-small');

describe.skipIf(path === null)(
  'the cross-encoder beside the features (needs multilingual-e5-small)',
  () => {
    const text =
      'The bridge was opened to traffic in 1932 after eight years of work. It was designed by John Bradfield, who had studied engineering in Sydney.';
    let crossEncoder: CrossEncoder;
    let folder: string;

    const check = async (claim: string, stop = signal) => {
      const [verdict] = await checkClaims([{ claim }], [{ text }], crossEncoder, { signal: stop });
      if (verdict === undefined) throw new Error('no verdict');
      return verdict;
    };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'second-opinion-'));
      crossEncoder = await CrossEncoder.load({
        weightsPath: path ?? '',
        cacheDir: folder,
        threads: 1,
      });
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('never lets a missing number or name through, and does not ask about it', async () => {
      for (const claim of [
        'The bridge was opened to traffic in 1933 after eight years of work.',
        'The bridge was opened to traffic in 1932 by Winston Churchill.',
      ]) {
        const opinions = new SecondOpinions();
        support(claim, [text], opinions);
        expect(opinions.wanted(8)).toEqual([]);
        const verdict = await check(claim);
        expect(verdict.attributable).toBe(false);
      }
    });

    it('gives the same verdict as the features where it is not asked', async () => {
      for (const claim of ['The bridge was opened to traffic in 1932.', 'Penguins live on fish.']) {
        const alone = support(claim, [text]);
        const both = await check(claim);
        expect(both.attributable).toBe(alone.attributable);
        expect(both.evidence).toEqual(alone.evidence);
      }
    });

    it('sees a cancel', async () => {
      const controller = new AbortController();
      controller.abort();
      const doubtful = 'John Bradfield made the plans of the bridge.';
      await expect(check(doubtful, controller.signal)).rejects.toMatchObject({ code: 'cancelled' });
    });
  },
);

describe('citation with opinions', () => {
  const reference: Reference = {
    number: 1,
    url: 'https://example.org/1',
    title: 'Harbour Bridge',
    site: 'example.org',
    language: 'en',
    publishedAt: null,
    fetchedAt: '2026-11-23T00:00:00Z',
    text: 'The bridge was opened to traffic in 1932 after eight years of work by fourteen hundred men.',
    score: null,
    evidence: [],
  };
  const draft = draftOf('After eight years of construction the bridge opened for cars in 1932.');
  const context = { question: 'When was the bridge opened?', language: 'en' };

  it('keeps a rewording only when the cross-encoder has been heard and agrees', () => {
    const kept = (opinions?: SecondOpinions): boolean =>
      cite(draft, [reference], { ...context, opinions }).sentences.some(
        (sentence) => sentence.text === draft.text,
      );
    expect(kept()).toBe(false);
    for (const [crossEncoder, expected] of [
      [0.01, false],
      [0.99, true],
    ] as const) {
      const opinions = new SecondOpinions();
      expect(kept(opinions)).toBe(false);
      for (const pair of opinions.wanted(8)) opinions.learn(pair, crossEncoder);
      expect(kept(opinions)).toBe(expected);
    }
  });
});
