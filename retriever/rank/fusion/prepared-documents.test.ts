import { expect, test } from 'vitest';
import type { Document } from '../../../src/core/nouns.ts';
import { EvidenceModel } from '../evidence/evidence-model.ts';
import { makeReferences } from './make-references.ts';
import { PreparedDocuments } from './prepared-documents.ts';

const page = (name: string, title: string, text: string): Document => ({
  url: `https://example.org/${name}`,
  title,
  byline: null,
  publishedAt: null,
  language: 'en',
  text,
  headings: [],
  site: 'example.org',
  canonicalUrl: null,
  fetchedAt: '2026-01-01T00:00:00.000Z',
});
const heading = 'History of the bridge';
const bridge = {
  ...page(
    'bridge',
    'Forth Bridge',
    `${heading}\n\nConstruction of the bridge began in 1882 and it was opened on 4 March 1890 by the Prince of Wales. The bridge spans the Firth of Forth between the villages of South Queensferry and North Queensferry and has a total length of 2,467 metres.`,
  ),
  headings: [{ start: 0, end: heading.length, level: 2 }],
};
const tea = page(
  'tea',
  'Green tea',
  'Green tea is made from leaves that have not undergone the withering and oxidation that produce oolong and black teas. It originated in China, and its production has since spread to other countries in East Asia.',
);
const models = { embedder: null, evidence: new EvidenceModel('lexical'), rerank: null };
const { signal } = new AbortController();
const make = (documents: readonly Document[], prepared?: PreparedDocuments) =>
  makeReferences(
    { question: 'When was the Forth Bridge opened?', documents, maxReferences: 3 },
    models,
    { signal },
    prepared,
  );

test('what was prepared ranks as what was not, whatever place the document has then', async () => {
  const prepared = new PreparedDocuments();
  prepared.prepare(tea);
  prepared.prepare(bridge);
  for (const documents of [
    [bridge, tea],
    [tea, bridge],
    [bridge, bridge, tea],
  ]) {
    const { references, ranking, answerability } = await make(documents, prepared);
    const plain = await make(documents);
    expect({ references, ranking, answerability }).toEqual({
      references: plain.references,
      ranking: plain.ranking,
      answerability: plain.answerability,
    });
    expect(new Set(ranking.map(({ id }) => id)).size).toBe(ranking.length);
  }
});

test('the same text under other headings, or another title, is another document', () => {
  const prepared = new PreparedDocuments();
  const [first] = prepared.passages(bridge);
  expect(prepared.passages({ ...bridge, title: 'Another' })[0]).toBe(first);
  expect(first?.headingPath).toEqual([heading]);
  expect(first?.text.startsWith('Construction')).toBe(true);
  expect(bridge.text.slice(first?.start, first?.end)).toBe(first?.text);
  const [flat] = prepared.passages({ ...bridge, headings: [] });
  expect(flat?.headingPath).toEqual([]);
  expect(flat?.text.startsWith(heading)).toBe(true);
});
