import { expect, test } from 'vitest';
import type { Document } from '../../../src/core/nouns.ts';
import { EvidenceModel } from '../evidence/evidence-model.ts';
import { makeReferences, type ReferencesRequest } from './make-references.ts';

const { signal } = new AbortController();
const models = { embedder: null, evidence: new EvidenceModel('lexical'), rerank: null };

const page = (name: string, text: string, headings: Document['headings'] = []): Document => ({
  url: `https://${name}.example/`,
  title: name,
  byline: null,
  publishedAt: null,
  language: 'en',
  text,
  headings,
  site: `${name}.example`,
  canonicalUrl: null,
  fetchedAt: '2026-01-01T00:00:00Z',
});
const filler = (about: string): string =>
  `${Array.from({ length: 45 }, (_, at) => `${about}${at}`).join(' ')}.`;
const made = (
  call: Pick<ReferencesRequest, 'question' | 'documents'> & Partial<ReferencesRequest>,
) => makeReferences({ maxReferences: 5, ...call }, models, { signal });

const steps = [
  `To descale the kettle, fill the kettle half with vinegar. ${filler('vinegar')}`,
  `Let the kettle boil once and wait for an hour. ${filler('hour')}`,
  `Rinse the kettle three times with water. ${filler('rinse')}`,
].join('\n\n');

test('the whole matter comes as one reference, verbatim, with evidence inside it', async () => {
  const documents = [page('kettles', steps), page('gardens', filler('rose'))];
  const { references } = await made({
    question: 'How do I descale a kettle?',
    documents,
    breadth: { references: 5, words: 300, whole: true },
  });
  const [first] = references;
  expect(first?.text).toBe(steps);
  for (const { start, end, text } of first?.evidence ?? []) {
    expect(first?.text.slice(start, end)).toBe(text);
  }
  expect(first?.evidence.some(({ text }) => text.includes('three times'))).toBe(true);
});

test('for one fact each passage is a reference of its own', async () => {
  const { references } = await made({
    question: 'Who fills the kettle with vinegar?',
    documents: [page('kettles', steps), page('gardens', filler('rose'))],
  });
  expect(references.length).toBeGreaterThan(1);
  expect(references[0]?.text.length).toBeLessThan(steps.length / 2);
});

test('a reference knows the headings above it', async () => {
  const text = `Care\n\n${steps}`;
  const { references } = await made({
    question: 'How do I descale a kettle?',
    documents: [page('kettles', text, [{ level: 1, start: 0, end: 4 }])],
  });
  expect(references[0]?.headingPath).toEqual(['Care']);
});

test('each part of a question has its reference, though one page has most of its words', async () => {
  const documents = [
    page('towers', `The tower of Avel is 90 metres high and much visited. ${filler('avel')}`),
    page('news', `The height of the tower is asked for in Avel every day. ${filler('news')}`),
    page('bells', `Korin, a bell founder, cast the bell in 1411. ${filler('bell')}`),
  ];
  const question = 'How high is the tower of Avel and who cast the bell?';
  const parts = ['How high is the tower of Avel', 'who cast the bell?'];
  const { references } = await made({ question, documents, parts, maxReferences: 2 });
  const text = references.map((one) => one.text).join('\n');
  expect(text).toContain('90 metres');
  expect(text).toContain('1411');
});
