import type { PipelineParts } from '../../src/answer/pipeline-parts.ts';
import type { Document } from '../../src/core/nouns.ts';

/** Parts that answer from passages which are given: neither search nor fetch happens. */
export function givenPassages(
  parts: PipelineParts,
  passages: readonly { readonly title: string; readonly text: string }[] | undefined,
  language = 'en',
): PipelineParts {
  if (passages === undefined) return parts;
  const url = (index: number): string => `https://passage-${index + 1}.invalid/`;
  return {
    ...parts,
    search: (question) =>
      Promise.resolve({
        queries: [question.text],
        warnings: [],
        results: passages.map(({ title }, index) => ({
          url: url(index),
          title,
          snippet: '',
          publishedAt: null,
          provider: 'given',
          rank: index + 1,
        })),
      }),
    readPages: (_, { onPage }) => {
      const documents = passages.map(({ title, text }, index): Document => {
        onPage(url(index), title, null);
        return {
          url: url(index),
          title,
          byline: null,
          publishedAt: null,
          language,
          text,
          headings: [],
          site: `passage-${index + 1}.invalid`,
          canonicalUrl: null,
          fetchedAt: '1970-01-01T00:00:00Z',
        };
      });
      return Promise.resolve({
        documents,
        failures: [],
        warnings: [],
        timings: { fetchMs: 0, extractMs: 0 },
      });
    },
  };
}
