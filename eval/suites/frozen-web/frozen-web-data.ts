import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonLines } from '../../run/read-json-lines.ts';

const pageSchema = z.object({
  page_id: z.string(),
  title: z.string(),
  lang: z.string(),
  source: z.string(),
  paragraphs: z.array(z.object({ para_id: z.string(), text: z.string() })),
});
const questionSchema = z.object({
  qid: z.string(),
  lang: z.string(),
  source: z.string(),
  question: z.string(),
  answers: z.array(z.string()),
  answerable: z.boolean(),
  page_id: z.string(),
  para_id: z.string(),
  standalone: z.boolean().optional(),
});

export type FrozenPage = z.infer<typeof pageSchema>;
export type FrozenQuestion = z.infer<typeof questionSchema>;

/** Rows of a JSON Lines file, each checked. */
export function readRows<T>(path: string, schema: z.ZodType<T>): T[] {
  return readJsonLines(path).map((row) => schema.parse(row));
}

export function readPages(folder: string): FrozenPage[] {
  return readRows(join(folder, 'pages.jsonl.gz'), pageSchema);
}

export function readQuestions(folder: string): FrozenQuestion[] {
  return readRows(join(folder, 'questions.jsonl.gz'), questionSchema);
}

/**
 * A fixed sample: questions in the order of a hash of their id, so that no run can choose. English
 * ones have to name their topic (`standalone`); cross-lingual XQuAD is left to its own suite.
 */
export function sampleQuestions(
  questions: readonly FrozenQuestion[],
  kind: 'en' | 'zh' | 'unanswerable',
  limit: number,
): FrozenQuestion[] {
  const rank = ({ qid }: FrozenQuestion): string =>
    createHash('sha256').update(`footnote ${qid}`).digest('hex');
  return questions
    .filter(({ lang, answerable, standalone, source }) => {
      if (kind === 'unanswerable') return !answerable && standalone === true;
      if (kind === 'en') return lang === 'en' && answerable && standalone === true;
      return lang.startsWith('zh') && answerable && !source.startsWith('xquad');
    })
    .map((question) => [rank(question), question] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([, question]) => question);
}
