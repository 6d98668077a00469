/** Questions with nuggets, as `real-web` and `docs` have them. */
import { z } from 'zod';
import type { EvalQuestion } from '../../run/eval-question.ts';

export const nuggetRowSchema = z.looseObject({
  id: z.string(),
  kind: z.string(),
  lang: z.string(),
  question: z.string(),
  answerable: z.boolean(),
  page_ids: z.array(z.string()).default([]),
  nuggets: z.array(z.object({ text: z.string(), any_of: z.array(z.string()), vital: z.boolean() })),
});
export type NuggetRow = z.infer<typeof nuggetRowSchema>;

export function nuggetQuestion(row: NuggetRow, goldUrl?: string): EvalQuestion {
  return {
    id: row.id,
    language: row.lang,
    question: row.question,
    answers: [],
    open: true,
    answerable: row.answerable,
    nuggets: row.nuggets,
    goldUrl,
    labels: { kind: row.kind, language: row.lang },
  };
}
