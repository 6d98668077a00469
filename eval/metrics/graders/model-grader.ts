/**
 * A large model as grader, through an endpoint that speaks OpenAI's chat completions. An option, never
 * the default: the figures of a run should be had without it. What it judged is cached in the run.
 */
import { z } from 'zod';
import { deadline } from '../../../src/core/deadline.ts';
import { FootnoteError } from '../../../src/core/errors.ts';
import type { CallOptions } from '../../../src/core/seams.ts';
import type { EntailmentJudge } from '../citation-quality.ts';
import type { SimpleGrade } from '../simpleqa.ts';

export interface GraderOptions {
  /** Base URL, such as `https://host/v1`. */
  readonly url: string;
  readonly model: string;
  readonly key: string | undefined;
}

const TIMEOUT_MS = 60_000;
const ATTEMPTS = 3;
const replySchema = z.looseObject({
  choices: z.array(z.looseObject({ message: z.looseObject({ content: z.string().nullable() }) })),
});

export class ModelGrader implements EntailmentJudge {
  readonly name: string;
  readonly #options: GraderOptions;
  readonly #verdicts = new Map<string, Promise<string>>();

  constructor(options: GraderOptions) {
    this.#options = options;
    this.name = `model ${options.model}`;
  }

  /** SimpleQA's question put to a model: does the answer say what the gold answer says? */
  async grade(
    input: { readonly question: string; readonly gold: readonly string[]; readonly answer: string },
    options: CallOptions,
  ): Promise<SimpleGrade> {
    const letter = await this.#ask(
      `You grade answers to questions. Reply with one letter.
A: the answer contains what one of the correct answers says, and contradicts none of it.
B: the answer contradicts the correct answers, or gives something else instead.
C: the answer does not commit itself, or says that it does not know.
Wording, case, order and further true detail do not matter.

Question: ${input.question}
Correct answers: ${input.gold.join(' | ')}
Answer to grade: ${input.answer}

Letter:`,
      ['A', 'B', 'C'],
      options,
    );
    return letter === 'A' ? 'correct' : letter === 'B' ? 'incorrect' : 'not-attempted';
  }

  async entails(premise: string, claim: string, options: CallOptions): Promise<boolean> {
    const letter = await this.#ask(
      `Does the passage by itself fully support the statement? Every name, number and date of the statement has to follow from the passage. Reply Y or N.

Passage: ${premise}

Statement: ${claim}

Letter:`,
      ['Y', 'N'],
      options,
    );
    return letter === 'Y';
  }

  #ask(prompt: string, letters: readonly string[], options: CallOptions): Promise<string> {
    const known = this.#verdicts.get(prompt);
    if (known !== undefined) return known;
    const verdict = this.#attempt(prompt, letters, options);
    this.#verdicts.set(prompt, verdict);
    verdict.catch(() => this.#verdicts.delete(prompt));
    return verdict;
  }

  async #attempt(
    prompt: string,
    letters: readonly string[],
    { signal }: CallOptions,
  ): Promise<string> {
    const { url, model, key } = this.#options;
    let problem = '';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const limit = deadline(TIMEOUT_MS, signal, 'the grader');
      try {
        const response = await fetch(`${url.replace(/\/+$/u, '')}/chat/completions`, {
          method: 'POST',
          signal: limit.signal,
          headers: {
            'content-type': 'application/json',
            ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          },
          body: JSON.stringify({
            model,
            temperature: 0,
            max_tokens: 8,
            messages: [{ role: 'user', content: prompt }],
          }),
        });
        if (response.ok) {
          const reply = replySchema.parse(await response.json());
          const text = reply.choices[0]?.message.content ?? '';
          const letter = /[A-Z]/u.exec(text.toUpperCase())?.[0] ?? '';
          if (letters.includes(letter)) return letter;
          problem = `it replied ${JSON.stringify(text.slice(0, 80))}`;
        } else {
          await response.body?.cancel();
          problem = `it answered ${response.status}`;
          // What is wrong with the request stays wrong.
          if (response.status < 500 && response.status !== 429) break;
        }
      } catch (error) {
        if (signal.aborted) throw error;
        problem = (error as Error).message;
      } finally {
        limit.clear();
      }
    }
    throw new FootnoteError('fetch-failed', `the grader at ${url} gave no verdict: ${problem}`, {
      stage: 'grade',
    });
  }
}
