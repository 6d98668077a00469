/** What every scorer has to do: one suite for all of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FootnoteError } from '../src/core/errors.ts';
import type { Scorer } from '../src/core/seams.ts';
import { weights } from '../test/weights.ts';
import { AnswerJudge } from './answer-judge.ts';

const weightsPath = weights('multilingual-e5-small');
const folder = mkdtempSync(join(tmpdir(), 'footnote-scorer-'));
const { signal } = new AbortController();
const setup = { weightsPath: weightsPath ?? '', cacheDir: folder, threads: 1 };
const judges = {
  plain: new AnswerJudge(),
  model: new AnswerJudge({ crossEncoder: () => Promise.resolve(setup) }),
};
afterAll(async () => {
  await Promise.all(Object.values(judges).map((judge) => judge.close()));
  rmSync(folder, { recursive: true, force: true });
});

const question = 'When did the price of oil rise?';
const references = [
  { title: 'Oil', text: 'The price of oil rose in January 1974, after an embargo of five months.' },
];
const GOOD = 'The price of oil rose in January 1974, after an embargo of five months.[1]';
const OTHER = 'Penguins live in the far south and feed on fish and on krill.[1]';

describe.each<[string, Scorer, boolean]>([
  ['by features', judges.plain, true],
  ['with the cross-encoder (needs its weights)', judges.model, weightsPath !== null],
])('the scorer seam: %s', (_, scorer, runs) => {
  const score = (answer: string, given = references): Promise<number> =>
    scorer.score({ question, answer, references: given }, { signal });

  it.runIf(runs)('prefers the answer to the question, with and without references', async () => {
    expect(await score(GOOD)).toBeGreaterThan(await score(OTHER));
    expect(await score(GOOD, [])).toBeGreaterThan(await score(OTHER, []));
  });

  it.runIf(runs)('says the same again, also when several ask at once', async () => {
    const [first, other, again] = await Promise.all([score(GOOD), score(OTHER), score(GOOD)]);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it.runIf(runs)('gives a finite number for any text', async () => {
    for (const answer of ['', ' ', '[1]', '。', '😀'.repeat(500), 'a '.repeat(5_000)]) {
      expect(Number.isFinite(await score(answer))).toBe(true);
    }
  });

  it.runIf(runs)('does nothing for a caller that has left, and serves on', async () => {
    const gone = AbortSignal.abort(new FootnoteError('cancelled', 'the test leaves'));
    await expect(
      scorer.score({ question, answer: GOOD, references }, { signal: gone }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(await score(GOOD)).toBeTypeOf('number');
  });
});
