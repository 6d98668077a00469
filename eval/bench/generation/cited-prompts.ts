/**
 * Prompts of real questions with about 600 tokens of references from the frozen web, as a cited answer has
 * them: the question's own paragraph, then others of its page, asked for a thorough answer that quotes.
 */
import type { Prompt } from '../../../src/core/nouns.ts';
import {
  readPages,
  readQuestions,
  sampleQuestions,
} from '../../suites/frozen-web/frozen-web-data.ts';

/** Letters of English references that make about 560 tokens. */
const referenceLetters = 2500;

/** English prompts in a fixed order. */
export function citedPrompts(folder: string, count: number): Prompt[] {
  const pages = new Map(readPages(folder).map((page) => [page.page_id, page]));
  return sampleQuestions(readQuestions(folder), 'en', count).flatMap((question) => {
    const page = pages.get(question.page_id);
    if (page === undefined) return [];
    const own = page.paragraphs.filter(({ para_id }) => para_id === question.para_id);
    const rest = page.paragraphs.filter(({ para_id }) => para_id !== question.para_id);
    const references: string[] = [];
    let letters = 0;
    for (const { text } of [...own, ...rest]) {
      if (letters > 0 && letters + text.length > referenceLetters) continue;
      references.push(`[${references.length + 1}] ${text.slice(0, referenceLetters)}`);
      letters += text.length;
    }
    const content =
      `References:\n${references.join('\n')}\n\nQuestion: ${question.question}\n` +
      'Answer in three sentences, quoting the references and naming each by its number like [1].';
    return [{ kind: 'chat', messages: [{ role: 'user', content }] } as const];
  });
}
