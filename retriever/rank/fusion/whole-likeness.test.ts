import { expect, test } from 'vitest';
import type { Embedder } from '../../../src/core/seams.ts';
import { EvidenceModel } from '../evidence/evidence-model.ts';
import { judgePassages } from './rank-passages.ts';
import { scoresWithLikeness } from './whole-likeness.ts';

const { signal } = new AbortController();
const models = { embedder: null, evidence: new EvidenceModel('lexical'), rerank: null };
const passages = [
  'The heat pump in the hall was heavy to pump heat with.',
  'Warmth of the air outside is carried into the house by a cold fluid.',
].map((text) => ({ title: '', headings: '', text }));

/** `second`: holds the second passage to be what every question asks for; else all to be alike. */
const embedder = (second: boolean): Embedder => ({
  dimensions: 2,
  embed: (texts) =>
    Promise.resolve(
      texts.map((text) =>
        Float32Array.from(second && text.startsWith('The heat') ? [0, 1] : [1, 0]),
      ),
    ),
});

/** By how much the second passage leads. */
async function lead(question: string, second: boolean): Promise<number> {
  const judged = await judgePassages(question, passages, models, { signal });
  const [a = 0, b = 0] = await scoresWithLikeness(question, passages, judged, embedder(second), {
    signal,
  });
  return b - a;
}

test('for an explanation the likeness of the whole counts', async () => {
  const question = 'How does a heat pump work?';
  expect(await lead(question, true)).toBeGreaterThan((await lead(question, false)) + 1);
});

test('for one fact the cascade alone decides', async () => {
  const question = 'Who carried the heat pump?';
  expect(await lead(question, true)).toBe(await lead(question, false));
  expect(await lead(question, true)).toBeLessThan(0);
});
