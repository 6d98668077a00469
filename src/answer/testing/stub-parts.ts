/** Pipeline parts over a few pages in memory, without models: for tests of the shell around the rooms. */
import { splitSentences } from '../../core/sentences.ts';
import type { Document, Reference, ScoredAnswer } from '../../core/nouns.ts';
import { draftOf } from '../../core/draft-of.ts';
import { tokenize } from '../../core/tokens.ts';
import type { LooseSentence } from '../answer-body.ts';
import type { PipelineParts } from '../pipeline-parts.ts';
import { textOf } from '../present/answer-text.ts';

export interface StubPage {
  readonly title: string;
  readonly text: string;
}

const wordsOf = (text: string): string[] => [
  ...new Set(
    tokenize(text, { stem: true })
      .filter(({ text: word, unspaced }) => unspaced || word.length > 2)
      .map((token) => token.text),
  ),
];
const shared = (text: string, words: readonly string[]): number => {
  const own = new Set(wordsOf(text));
  return words.filter((word) => own.has(word)).length;
};

const documentOf = ({ title, text }: StubPage, index: number): Document => ({
  url: `https://page-${index + 1}.example/`,
  title,
  byline: null,
  publishedAt: null,
  language: /\p{Script=Han}/u.test(text) ? 'zh' : 'en',
  text,
  headings: [],
  site: `page-${index + 1}.example`,
  canonicalUrl: null,
  fetchedAt: '2026-01-01T00:00:00.000Z',
});

/**
 * Searching finds the pages that share a word with the question; the answer is the sentences that share
 * most words with it, at most two, each cited to the letter.
 */
export function stubParts(
  pages: readonly StubPage[],
  own: Partial<PipelineParts> = {},
): PipelineParts {
  const documents = pages.map(documentOf);
  const cited = (question: string, references: readonly Reference[]): LooseSentence[] => {
    const words = wordsOf(question);
    return references
      .flatMap(({ number, text, url, title }) =>
        splitSentences(text).map(({ start, end }) => {
          const quote = text.slice(start, end);
          const citation = { reference: number, quote, start, end, url: `${url}#q`, support: 1 };
          return {
            points: shared(`${title} ${quote}`, words),
            sentence: { text: quote, citations: [citation] },
          };
        }),
      )
      .sort((a, b) => b.points - a.points)
      .slice(0, 2)
      .map(({ sentence }) => sentence);
  };
  return {
    search: (question) => {
      const words = wordsOf(question.text);
      const found = documents.filter(({ title, text }) => shared(`${title} ${text}`, words) > 0);
      return Promise.resolve({
        queries: [question.text],
        warnings: [],
        results: found.map(({ url, title }, index) => ({
          url,
          title,
          snippet: '',
          publishedAt: null,
          provider: 'stub',
          rank: index + 1,
        })),
      });
    },
    readPages: (results, { onPage }) => {
      const read = documents.filter(({ url }) => results.some((one) => one.url === url));
      for (const { url, title } of read) onPage(url, title, null);
      return Promise.resolve({
        documents: read,
        failures: [],
        warnings: [],
        timings: { fetchMs: 1, extractMs: 1 },
      });
    },
    references: (question, read, { maxReferences }) => {
      const words = wordsOf(question.text);
      const ranked = [...read].sort(
        (a, b) => shared(`${b.title} ${b.text}`, words) - shared(`${a.title} ${a.text}`, words),
      );
      const references = ranked.slice(0, maxReferences).map((one, index): Reference => {
        const { url, title, site, language, publishedAt, fetchedAt, text } = one;
        const number = index + 1;
        return {
          number,
          url,
          title,
          site,
          language,
          publishedAt,
          fetchedAt,
          text,
          score: 1,
          evidence: [],
        };
      });
      return Promise.resolve({ references, answerability: 0.8 });
    },
    prompt: (question) => ({ kind: 'completion', text: question.text }),
    extractiveDrafts: () => [draftOf('quotation', 'extractive')],
    generator: () => Promise.resolve({ generator: null, warnings: [] }),
    judge: ({ question, references }) => {
      const spoken = textOf(cited(question.text, references), { language: question.language });
      const best: ScoredAnswer = {
        cited: { draft: draftOf(spoken.answer), ...spoken, support: 1 },
        score: 1,
        preference: 0,
      };
      return Promise.resolve({ best, abstained: false, candidates: [best] });
    },
    abstention: () => {
      const text = 'The sources hold no answer.';
      return { answer: text, sentences: [{ text, start: 0, end: text.length, citations: [] }] };
    },
    linkTo: (url, quote) => `${url}#${encodeURIComponent(quote)}`,
    ...own,
  };
}
