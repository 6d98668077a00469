import { describe, expect, it } from 'vitest';
import type { Answer } from '../core/nouns.ts';
import { chatChoices } from './chat-choices.ts';

const PAGE = (number: number): string => `https://a.example/${number}`;

/** An answer of sentences that each cite `[reference, quote]`. */
function answerOf(cited: readonly (readonly (readonly [number, string])[])[]): Answer {
  let answer = '';
  const sentences = cited.map((citations, index) => {
    const text = `Sentence ${index + 1}.`;
    const start = answer.length;
    answer += `${text}${citations.map(([number]) => `[${number}]`).join('')} `;
    return {
      text,
      start,
      end: start + text.length,
      citations: citations.map(([reference, quote]) => ({
        reference,
        quote,
        start: 0,
        end: quote.length,
        url: `${PAGE(reference)}#:~:text=${quote}`,
        support: 1,
      })),
    };
  });
  const references = [1, 2, 3].map((number) => ({ url: PAGE(number), title: `Page ${number}` }));
  return { answer: answer.trim(), abstained: false, sentences, references } as unknown as Answer;
}

const REQUEST = { n: 1, stop: [], jsonSchema: null, maxTokens: null };

describe('chatChoices', () => {
  it('shows sources as they are first met in the order of their numbers', () => {
    const answer = answerOf([
      [
        [2, 'b1'],
        [1, 'a1'],
      ],
      [[1, 'a2']],
      [[3, 'c1']],
    ]);
    const [choice] = chatChoices(answer, [], REQUEST);
    const urls = choice?.annotations.map(({ url_citation: { url } }) => url);
    // Whoever makes one source of each URL numbers a1, b1 and c1 as the text does.
    expect(urls).toEqual([
      `${PAGE(1)}#:~:text=a1`,
      `${PAGE(2)}#:~:text=b1`,
      `${PAGE(3)}#:~:text=c1`,
      `${PAGE(1)}#:~:text=a2`,
    ]);
    const last = choice?.annotations.at(-1)?.url_citation;
    expect(choice?.content?.slice(last?.start_index, last?.end_index)).toBe('Sentence 2.');
  });

  it('gives each different text once, at most as many as were asked for', () => {
    const answer = answerOf([[[1, 'a']]]);
    const other = { ...answer, answer: 'Another. [1]' };
    const texts = (n: number): (string | null)[] =>
      chatChoices(answer, [answer, other, other], { ...REQUEST, n }).map(({ content }) => content);
    expect(texts(3)).toEqual([answer.answer, 'Another. [1]']);
    expect(texts(1)).toEqual([answer.answer]);
  });
});
