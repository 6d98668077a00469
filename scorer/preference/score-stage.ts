/** The contract's `score` line: one answer, or `answer_a` and `answer_b`. */
import { z } from 'zod';
import { FootnoteError } from '../../src/core/errors.ts';
import type { CallOptions, Scorer } from '../../src/core/seams.ts';

const shared = {
  id: z.union([z.string(), z.number()]),
  question: z.string(),
  references: z.array(z.object({ title: z.string().nullish(), text: z.string() })).optional(),
};
const lineSchema = z.union([
  z.object({ ...shared, answer_a: z.string(), answer_b: z.string() }),
  z.object({ ...shared, answer: z.string() }),
]);

export type ScoreLine =
  | { readonly id: string | number; readonly score: number }
  | { readonly id: string | number; readonly score_a: number; readonly score_b: number };

/**
 * Answers one parsed JSON line; unknown fields are ignored.
 * @throws FootnoteError `bad-request` saying what is wrong
 */
export async function scoreStage(
  line: unknown,
  scorer: Scorer,
  options: CallOptions,
): Promise<ScoreLine> {
  const parsed = lineSchema.safeParse(line);
  if (!parsed.success) {
    throw new FootnoteError(
      'bad-request',
      `a score line needs id, question and answer (or answer_a and answer_b): ${z.prettifyError(parsed.error)}`,
      { stage: 'score' },
    );
  }
  const { data } = parsed;
  const references = (data.references ?? []).map(({ title, text }) => ({
    title: title ?? '',
    text,
  }));
  const score = (answer: string): Promise<number> =>
    scorer.score({ question: data.question, answer, references }, options);
  if ('answer' in data) return { id: data.id, score: await score(data.answer) };
  const [score_a, score_b] = await Promise.all([score(data.answer_a), score(data.answer_b)]);
  return { id: data.id, score_a, score_b };
}
