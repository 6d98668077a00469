/**
 * The prompt that asks for a whole answer: the references in full, and a task that depends on the kind of
 * question. The wording is data, in `write.json`. The model is not asked for `[n]`: small models write
 * marks in place of the answer; citations are aligned afterwards.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Prompt, Question, Reference } from '../../src/core/nouns.ts';
import { packageRoot } from '../../src/core/package-root.ts';
import { QUESTION_KINDS, type QuestionKind } from '../../src/core/question-kind.ts';
import { estimateTokens } from './build-prompt.ts';

const kinds = z.enum(QUESTION_KINDS);
const wording = z.strictObject({
  system: z.string(),
  source: z.string(),
  ask: z.string(),
  tasks: z.record(kinds, z.string()),
});
const schema = z.strictObject({
  tokens: z.record(kinds, z.number().int().positive()),
  languages: z.record(z.string(), wording).and(z.object({ other: wording })),
});
let loaded: z.infer<typeof schema> | undefined;

function load(): z.infer<typeof schema> {
  loaded ??= schema.parse(
    JSON.parse(readFileSync(join(packageRoot, 'generator', 'prompt', 'write.json'), 'utf8')),
  );
  return loaded;
}

export interface WriteInput {
  readonly question: Pick<Question, 'text' | 'language'>;
  readonly kind: QuestionKind;
  /** Best first. */
  readonly references: readonly Pick<Reference, 'title' | 'text'>[];
  /** Bound on page text, in (estimated) tokens of the model; default 1,200. */
  readonly maxPageTokens?: number | undefined;
}

/** Keeps the lines of code blocks and lists; the delimiter cannot be closed from inside. */
const quotable = (text: string): string =>
  text
    .replace(/[^\S\n]+/gu, ' ')
    .replace(/\n{2,}/gu, '\n')
    .replace(/"{3,}/gu, '"')
    .trim();

const fill = (pattern: string, values: Readonly<Record<string, string>>): string =>
  pattern.replace(/\{([a-z]+)\}/gu, (whole, key: string) => values[key] ?? whole);

/** The prompt, and how many tokens an answer of this kind may take. */
export function writePrompt(input: WriteInput): {
  readonly prompt: Prompt;
  readonly maxTokens: number;
} {
  const { tokens, languages } = load();
  const { question, kind } = input;
  const { language } = question;
  const words = languages[language] ?? languages.other;
  let left = input.maxPageTokens ?? 1_200;
  const sources: string[] = [];
  for (const { title, text } of input.references) {
    const shown = quotable(text);
    const cost = estimateTokens(shown);
    // The first source is cut rather than left out.
    if (cost > left && sources.length > 0) break;
    const fitting = cost > left ? shown.slice(0, Math.floor((shown.length * left) / cost)) : shown;
    sources.push(
      fill(words.source, { title: quotable(title).replace(/\n/gu, ' '), text: fitting }),
    );
    left -= cost;
  }
  const asked = quotable(question.text).replace(/\n/gu, ' ');
  const ask = fill(words.ask, { question: asked, task: words.tasks[kind] });
  return {
    prompt: {
      kind: 'chat',
      messages: [
        { role: 'system', content: words.system },
        { role: 'user', content: [...sources, ask].join('\n\n') },
      ],
    },
    maxTokens: tokens[kind],
  };
}
