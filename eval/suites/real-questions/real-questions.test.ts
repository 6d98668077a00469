import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { EvalRecord } from '../../run/eval-record.ts';
import { stratifiedSample } from '../find-data.ts';
import { bestByWords } from '../baselines/plain-systems.ts';
import { clapnqSuite, rgbCounterfactualSuite, rgbSuite } from './long-answer-suites.ts';
import { docsSuite, realWebSuite } from './nugget-suites.ts';
import { roughText } from './saved-pages-web.ts';
import { wholeAnswerSummary } from './whole-answer-tables.ts';

const root = mkdtempSync(join(tmpdir(), 'footnote-real-questions-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});
const write = (name: string, ...rows: readonly object[]): void => {
  mkdirSync(join(root, name, '..'), { recursive: true });
  const text = rows.map((row) => JSON.stringify(row)).join('\n');
  writeFileSync(join(root, name), name.endsWith('.gz') ? gzipSync(text) : text);
};
const nuggets = [{ text: 'n', any_of: ['n'], vital: true }];
const asked = { lang: 'en', question: 'Why?', answerable: true, nuggets };
const options = { limit: undefined, frozenWeb: undefined };

describe('a sample by kind', () => {
  const rows = Array.from({ length: 40 }, (_, index) => ({
    id: `q${index}`,
    kind: index % 4 === 0 ? 'rare' : 'usual',
  }));
  const of = {
    id: (row: { readonly id: string }) => row.id,
    kind: (row: { readonly kind: string }) => row.kind,
  };

  it('gives each kind its share, the same every time', () => {
    const sample = stratifiedSample(rows, of, 8);
    expect(sample.filter(({ kind }) => kind === 'rare')).toHaveLength(2);
    expect(stratifiedSample(rows.toReversed(), of, 8)).toEqual(sample);
  });

  it('is nested: a larger sample holds the smaller one', () => {
    const small = stratifiedSample(rows, of, 5);
    expect(stratifiedSample(rows, of, 12)).toEqual(expect.arrayContaining(small));
  });
});

describe('the suites', () => {
  it('real-web serves the saved bytes, and finds them by their text', async () => {
    write('real-web-dev/questions.jsonl.gz', {
      ...asked,
      id: 'r1',
      kind: 'why',
      page_ids: ['page 1'],
    });
    const html = '<title>Tides</title><script>moon</script><p>The moon pulls the sea.';
    const latin = Buffer.from('<title>Stadt</title><p>M\xfcnchen', 'latin1').toString('base64');
    write('extraction-dev/article-extraction-benchmark.jsonl.gz', { id: 'page 1', html });
    write('extraction-dev/mozilla-readability.jsonl.gz', { id: 'page 2', html_base64: latin });
    write('extraction-dev/trafilatura-eval.jsonl.gz', { id: 'page 3', html: '<p>Nothing.' });
    const open = await realWebSuite.open({ ...options, data: join(root, 'real-web-dev') });
    try {
      const [question] = open.groups[0]?.questions ?? [];
      expect(question).toMatchObject({ id: 'r1', labels: { kind: 'why', language: 'en' } });
      expect(await (await fetch(question?.goldUrl ?? '')).text()).toBe(html);
      const searx = String(open.overrides['searxngUrl']);
      const found = (await (await fetch(`${searx}/search?q=sea`)).json()) as {
        readonly results: readonly { readonly title: string }[];
      };
      expect(found.results.map(({ title }) => title)).toEqual(['Tides']);
      const bytes = await (await fetch(`${searx}/page%202`)).arrayBuffer();
      expect(Buffer.from(bytes).toString('base64')).toBe(latin);
    } finally {
      await open.close();
    }
    expect(roughText(html)).toBe('Tides The moon pulls the sea.');
  });

  it('docs search the configured folder, once it is indexed', async () => {
    write('docs-dev/questions.jsonl.gz', { ...asked, id: 'd1', kind: 'how-to' });
    const data = join(root, 'docs-dev');
    const open = await docsSuite.open({ ...options, data, corpus: '/some/folder' });
    expect(open).toMatchObject({
      indexed: true,
      overrides: { search: 'local', corpusDir: '/some/folder' },
    });
  });

  it('clapnq and rgb know what was marked, and how many facts are asked for', async () => {
    const page = { page_id: 'p', title: 'T', lang: 'en', source: 's', paragraphs: [] };
    const row = { lang: 'en', source: 's', question: 'Who?', answerable: true, page_id: 'p' };
    write('clapnq-dev/pages.jsonl.gz', page);
    write('clapnq-dev/questions.jsonl.gz', {
      ...row,
      qid: 'c1',
      gold_answers: ['A.'],
      gold_sentences: [['B.']],
    });
    write('rgb-zh-dev/pages.jsonl.gz', page);
    write('rgb-zh-dev/questions.jsonl.gz', { ...row, qid: 'g1', answers_all: [['x'], ['y', 'z']] });
    const clapnq = await clapnqSuite.open({ ...options, data: join(root, 'clapnq-dev') });
    const rgb = await rgbSuite.open({ ...options, data: join(root, 'rgb-zh-dev') });
    await Promise.all([clapnq.close(), rgb.close()]);
    expect(clapnq.groups[0]?.questions[0]?.marked).toEqual({
      sentences: [['B.']],
      answers: ['A.'],
    });
    expect(rgb.groups[0]?.questions[0]).toMatchObject({
      allOf: [['x'], ['y', 'z']],
      labels: { kind: 'two facts' },
    });
  });

  it('rgb-counterfactual asks over true, altered and both', async () => {
    write('rgb-counterfactual-dev/cases.jsonl.gz', {
      qid: 'f1',
      lang: 'en',
      question: 'How many?',
      answer: ['70'],
      fake_answer: ['170'],
      true_texts: ['There are 70.'],
      altered_texts: ['There are 170.'],
      other_texts: ['Else.'],
    });
    const open = await rgbCounterfactualSuite.open({
      ...options,
      data: join(root, 'rgb-counterfactual-dev'),
    });
    const texts = open.groups[0]?.questions.map(({ passages }) =>
      passages?.map(({ text }) => text),
    );
    expect(texts).toEqual([
      ['There are 70.', 'Else.'],
      ['There are 170.', 'Else.'],
      ['There are 70.', 'There are 170.', 'Else.'],
    ]);
  });
});

describe('the tables', () => {
  it('are by system, and by kind for each', () => {
    const record = (group: string, kind: string, vital: number): EvalRecord => ({
      id: 'x',
      group,
      question: 'Q?',
      gold: [],
      answer: null,
      error: null,
      metrics: { vital_nuggets: vital },
      labels: { kind, language: 'en' },
    });
    const tables = wholeAnswerSummary([
      record('footnote', 'why', 1),
      record('footnote', 'list', 0),
      record('plain-rag', 'why', 0.5),
    ]);
    expect(tables['by system']).toEqual({
      footnote: { questions: 2, vital: 0.5 },
      'plain-rag': { questions: 1, vital: 0.5 },
    });
    expect(tables['by kind']).toEqual({
      why: { questions: 1, vital: 1 },
      list: { questions: 1, vital: 0 },
    });
  });
});

it('the best passages by words come first', () => {
  const texts = ['rivers and lakes', 'the tide and the moon', 'moon'].map((text) => ({
    title: '',
    text,
  }));
  expect(bestByWords('tide of the moon', texts, 2).map(({ text }) => text)[0]).toBe(texts[1]?.text);
});
