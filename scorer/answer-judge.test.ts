import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { weights } from '../test/weights.ts';
import { draftOf } from '../src/core/draft-of.ts';
import type { Reference } from '../src/core/nouns.ts';
import { AnswerJudge } from './answer-judge.ts';
import { scoreStage } from './preference/score-stage.ts';
import { supportStage } from './support/support-stage.ts';

const judge = new AnswerJudge();
const signal = AbortSignal.timeout(120_000);
afterAll(() => judge.close());

const reference: Reference = {
  number: 1,
  url: 'https://example.org/oil',
  title: '1973 oil crisis',
  site: 'example.org',
  language: 'en',
  publishedAt: null,
  fetchedAt: '2026-11-23T00:00:00Z',
  text: 'The 1973 oil crisis began in October 1973 with an embargo. The price of oil rose to nearly $12 in 1974.',
  score: 1,
  evidence: [],
};

describe('AnswerJudge', () => {
  it('judges drafts in a child process', async () => {
    const judgement = await judge.judge(
      {
        question: 'When did the 1973 oil crisis begin?',
        drafts: [
          draftOf('The oil crisis began in October 1975.'),
          draftOf('The 1973 oil crisis began in October 1973.'),
          draftOf(reference.text, 'extractive'),
        ],
        references: [reference],
        answerability: 0.9,
        pages: 3,
        language: 'en',
      },
      { signal, timeoutMs: 30_000 },
    );
    expect(judgement.abstained).toBe(false);
    expect(judgement.best?.cited.answer).toContain('October 1973');
    expect(judgement.candidates.every(({ cited }) => !cited.answer.includes('1975'))).toBe(true);
  });

  it('cancels', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(
      judge.check([{ claim: 'a' }], [{ text: 'b' }], { signal: controller.signal }),
    ).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('answers the contract’s lines', async () => {
    const support = await supportStage(
      { id: 7, claim: 'The crisis began in October 1973.', references: [reference.text], other: 1 },
      judge,
      { signal },
    );
    expect(support).toMatchObject({ id: 7, verdict: 'supported', attributable: true });
    expect(support.evidence[0]).toMatchObject({ reference: 0, start: 0 });
    const titled = await supportStage(
      {
        id: 8,
        claim: 'The sources do not say who ended it.',
        references: [{ title: reference.title, text: reference.text }],
        question: 'Who ended it?',
        before: ['The crisis began in October 1973.'],
      },
      judge,
      { signal },
    );
    expect(titled).toEqual({
      id: 8,
      verdict: 'no-claim',
      support: 0,
      attributable: false,
      evidence: [],
    });
    const one = await scoreStage(
      { id: 'x', question: 'When?', answer: 'In October 1973.' },
      judge,
      { signal },
    );
    const two = await scoreStage(
      {
        id: 'x',
        question: 'When?',
        answer_a: 'In October 1973.',
        answer_b: 'No idea.',
        references: [{ text: reference.text }],
      },
      judge,
      { signal },
    );
    expect(Object.keys(one)).toEqual(['id', 'score']);
    expect(Object.keys(two)).toEqual(['id', 'score_a', 'score_b']);
    await expect(supportStage({ id: 1, claim: 3 }, judge, { signal })).rejects.toMatchObject({
      code: 'bad-request',
    });
    await expect(scoreStage({ id: 1 }, judge, { signal })).rejects.toMatchObject({
      code: 'bad-request',
    });
  });
});

const path = weights('multilingual-e5-small');
const claims = ['The price of oil rose in 1974.', 'The embargo ended in 1974.', 'Oil is blue.'];
const verdicts = (one: AnswerJudge) =>
  one.check(
    claims.map((claim) => ({ claim })),
    [reference],
    { signal },
  );

describe('AnswerJudge whose cross-encoder cannot be had', () => {
  it.each([
    ['no such file', () => Promise.resolve({ weightsPath: '/none', cacheDir: null, threads: 1 })],
    ['nobody knows where', () => Promise.reject(new Error('unknown'))],
  ])('judges by features alone: %s', async (_, crossEncoder) => {
    const alone = new AnswerJudge({ crossEncoder });
    try {
      expect(await verdicts(alone)).toEqual(await verdicts(judge));
    } finally {
      await alone.close();
    }
  });
});

describe.skipIf(path === null)(
  'AnswerJudge with the cross-encoder (needs multilingual-e5-small)',
  () => {
    it('judges, supports and scores in one child', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'judge-'));
      const crossEncoder = { weightsPath: path ?? '', cacheDir: folder, threads: 1 };
      const read = new AnswerJudge({ crossEncoder: () => Promise.resolve(crossEncoder) });
      try {
        expect((await verdicts(read)).map(({ attributable }) => attributable).at(-1)).toBe(false);
        const score = (answer: string) =>
          read.score(
            { question: 'When did the oil price rise?', answer, references: [] },
            { signal },
          );
        expect(await score('The price of oil rose in 1974.')).toBeGreaterThan(
          await score('Penguins live in the far south and feed on fish.'),
        );
        const judgement = await read.judge(
          {
            question: 'When did the 1973 oil crisis begin?',
            drafts: [draftOf('The 1973 oil crisis began in October 1973.')],
            references: [reference],
            answerability: 0.9,
            pages: 3,
            language: 'en',
          },
          { signal, timeoutMs: 30_000 },
        );
        expect(judgement.best?.cited.answer).toContain('October 1973');
      } finally {
        await read.close();
        await rm(folder, { recursive: true, force: true });
      }
    });
  },
);
