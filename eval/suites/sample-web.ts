/** The built-in sample web: the product as a newcomer without internet meets it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../../src/core/package-root.ts';
import type { EvalQuestion } from '../run/eval-question.ts';

const schema = z.array(
  z.object({
    question: z.string(),
    lang: z.string(),
    answers: z.array(z.string()),
    path: z.string().nullable(),
  }),
);

/** Questions of one group; those that the sample does not hold are `unanswerable`. */
export function sampleWebQuestions(group: 'en' | 'zh' | 'unanswerable'): EvalQuestion[] {
  const file = join(packageRoot, 'src/sample-web/questions.json');
  return schema
    .parse(JSON.parse(readFileSync(file, 'utf8')))
    .filter(({ lang, answers }) =>
      group === 'unanswerable' ? answers.length === 0 : answers.length > 0 && lang === group,
    )
    .map(({ question, lang, answers }, index) => ({
      id: `${group}-${index}`,
      language: lang,
      question,
      answers,
    }));
}
