import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Document, Question } from '../../src/core/nouns.ts';
import { weights } from '../../test/weights.ts';
import { rankLine } from './rank-stage.ts';
import { Ranker } from './ranker.ts';

const path = weights('multilingual-e5-small');
const cacheDir = await mkdtemp(join(tmpdir(), 'footnote-rank-'));
const { signal } = new AbortController();
const options = { maxReferences: 5, signal, timeoutMs: 60_000 };

const document = (
  name: string,
  title: string,
  blocks: string[],
  extra: Partial<Document> = {},
): Document => ({
  url: `https://example.org/${name}`,
  title,
  byline: null,
  publishedAt: null,
  language: 'en',
  text: blocks.join('\n\n'),
  headings: [],
  site: 'example.org',
  canonicalUrl: null,
  fetchedAt: '2026-01-01T00:00:00.000Z',
  ...extra,
});
const ask = (text: string, language = 'en'): Question => ({
  text,
  language,
  askedAt: '2026-01-01T00:00:00.000Z',
  sites: [],
});

const bridge = document('bridge', 'Forth Bridge', [
  'The Forth Bridge is a cantilever railway bridge across the Firth of Forth in the east of Scotland. It lies fourteen kilometres west of central Edinburgh and is regarded as a symbol of Scotland. It was designed by the English engineers Sir John Fowler and Sir Benjamin Baker.',
  'Construction of the bridge began in 1882 and it was opened on 4 March 1890 by the Prince of Wales. The bridge spans the Firth of Forth between the villages of South Queensferry and North Queensferry and has a total length of 2,467 metres. When it opened it had the longest single cantilever bridge span in the world.',
  'Painting the Forth Bridge is a colloquial expression for a never-ending task. The work on the bridge has never been as constant as the saying has it, but a permanent maintenance crew was employed there for many years to paint and to repair the steel.',
]);
const copy = document('copy', 'Forth Bridge (mirror)', [bridge.text]);
const tea = document('tea', 'Green tea', [
  'Green tea is made from leaves that have not undergone the withering and oxidation that produce oolong and black teas. It originated in China and its production has since spread to other countries in East Asia. Several varieties differ in the variety of the plant, the growing conditions, the methods of cultivation, processing and the time of harvest.',
]);
const chinese = document(
  'zh',
  '南京长江大桥',
  [
    '南京长江大桥位于江苏省南京市，是长江上第一座由中国自行设计和建造的双层式铁路、公路两用桥梁。大桥于1960年1月18日正式动工，1968年9月30日铁路桥通车，同年12月29日公路桥通车。',
    '大桥的建设耗资达2.8758亿元人民币。桥头堡高70多米，堡顶有三面红旗。大桥的桥面每天有大量的车辆经过，多年来一直是南京最著名的景点之一。',
  ],
  { language: 'zh' },
);

for (const [name, weightsPath] of [
  ['words alone', null],
  ['with the embedder', path],
] as const) {
  describe.skipIf(name === 'with the embedder' && path === null)(`Ranker, ${name}`, () => {
    const ranker = new Ranker({ weightsPath, cacheDir, threads: 2 });
    afterAll(() => ranker.close());

    test('the paragraph and the sentence with the answer come first', async () => {
      const { references, answerability, ranking } = await ranker.references(
        ask('When was the Forth Bridge opened?'),
        [tea, bridge, chinese],
        options,
      );
      const [first] = references;
      expect(first?.number).toBe(1);
      expect(first?.url).toBe(bridge.url);
      expect(first?.evidence[0]?.text).toContain('1890');
      // Words alone are not calibrated on so few and short pages; the order is tested below.
      if (weightsPath !== null) expect(answerability).toBeGreaterThan(0.5);
      expect(ranking.length).toBeGreaterThan(3);
      references.forEach((reference, at) => {
        expect(reference.number).toBe(at + 1);
        const source = [tea, bridge, chinese].find(({ url }) => url === reference.url);
        expect(source?.text).toContain(reference.text);
        for (const { start, end, text, score, reference: number } of reference.evidence) {
          expect(reference.text.slice(start, end)).toBe(text);
          expect(number).toBe(reference.number);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
        }
      });
    });

    test('what was prepared ahead ranks the same, and may be cancelled', async () => {
      const question = ask('When was the bridge in Scotland opened?');
      const documents = [tea, bridge, chinese];
      const plain = await ranker.references(question, documents, options);
      const leaver = new AbortController();
      ranker.prepare({ document: copy }, leaver.signal);
      leaver.abort();
      ranker.prepare({ question: question.text }, signal);
      for (const one of documents) ranker.prepare({ document: one }, signal);
      const ready = await ranker.references(question, documents, options);
      expect(ready.references).toEqual(plain.references);
      expect(ready.ranking).toEqual(plain.ranking);
    });

    test.skipIf(weightsPath === null)(
      'a sentence that says "Its depth" answers "How deep"',
      async () => {
        const lake = document('lake', 'Lake Baikal', [
          'Lake Baikal in southern Siberia is the deepest lake in the world and, at about 25 million years, the oldest. Its greatest depth is 1,642 metres. It holds about 23,600 cubic kilometres of water, some 22 to 23 per cent of the fresh surface water of the Earth.',
          'The lake lies in a rift, where the crust is being pulled apart. It is 636 kilometres long and at most 79 kilometres wide and has the form of a crescent. The rift still widens by about four millimetres a year, and earthquakes are frequent.',
        ]);
        const { references } = await ranker.references(
          ask('How deep is Lake Baikal?'),
          [bridge, lake, tea],
          options,
        );
        expect(references[0]?.evidence[0]?.text).toBe('Its greatest depth is 1,642 metres.');
      },
    );

    test('a Chinese question', async () => {
      const { references } = await ranker.references(
        ask('南京长江大桥的公路桥是哪一年通车的？', 'zh'),
        [bridge, chinese, tea],
        options,
      );
      expect(references[0]?.url).toBe(chinese.url);
      const best = references[0]?.evidence.slice(0, weightsPath === null ? 2 : 1) ?? [];
      expect(best.map(({ text }) => text).join('')).toContain('1968年');
    });

    test.skipIf(weightsPath === null)(
      'a Chinese question finds its English passage, which no shared word leads to',
      async () => {
        const { references, timings } = await ranker.references(
          ask('福斯桥是哪一年通车的？', 'zh'),
          [tea, bridge],
          options,
        );
        expect(references[0]?.url).toBe(bridge.url);
        expect(references[0]?.text).toContain('1890');
        expect(timings.read).toBeGreaterThan(0);
      },
    );

    test('with a translation its words find the passage too', async () => {
      const { references, ranking } = await ranker.references(
        ask('福斯桥是哪一年通车的？', 'zh'),
        [tea, bridge],
        { ...options, translation: 'In which year was the Forth Bridge opened?' },
      );
      expect(references[0]?.url).toBe(bridge.url);
      if (weightsPath === null) return;
      expect(references[0]?.text).toContain('1890');
      expect(ranking[0]?.parts['bm25']).toBeGreaterThan(0);
    });

    test('a mirror of a page adds nothing', async () => {
      const { references } = await ranker.references(
        ask('Who designed the Forth Bridge?'),
        [bridge, copy, tea],
        options,
      );
      const texts = references.map(({ text }) => text);
      expect(new Set(texts).size).toBe(texts.length);
      expect(references[0]?.evidence[0]?.text).toContain('Fowler');
    });

    test('what the pages do not hold is told', async () => {
      const { answerability } = await ranker.references(
        ask('How many moons does the planet Neptune have?'),
        [bridge, tea, chinese],
        options,
      );
      expect(answerability).toBeLessThan(0.3);
      const held = await ranker.references(
        ask('When was the Forth Bridge opened?'),
        [bridge, tea, chinese],
        options,
      );
      expect(held.answerability).toBeGreaterThan(answerability);
    });

    test('no pages, empty pages, an empty question', async () => {
      const none = await ranker.references(ask('Why?'), [], options);
      expect(none).toMatchObject({ references: [], answerability: 0 });
      const empty = await ranker.references(
        ask(''),
        [document('e', '', ['']), document('f', '', ['…'])],
        options,
      );
      expect(empty.references.length).toBeLessThanOrEqual(1);
    });

    test('the stage ranks all passages and keeps their ids', async () => {
      const line = {
        id: 'x',
        question: 'When was the bridge opened?',
        passages: [
          { id: 1, text: tea.text },
          { id: 'b', text: bridge.text, title: 'Forth Bridge' },
          { id: 1, text: '' },
        ],
      };
      const { id, ranking } = await rankLine(line, ranker, { signal });
      expect(id).toBe('x');
      expect(ranking.map((one) => one.id)).toHaveLength(3);
      expect(ranking[0]?.id).toBe('b');
      await expect(rankLine({ id: 1, question: 'q' }, ranker, { signal })).rejects.toMatchObject({
        code: 'bad-request',
      });
    });

    test('a cancel ends the wait', async () => {
      const controller = new AbortController();
      controller.abort();
      const call = ranker.references(ask('When?'), [bridge], {
        ...options,
        signal: controller.signal,
      });
      await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    });
  });
}

test('weights that are not there fail with a typed error', async () => {
  const ranker = new Ranker({ weightsPath: '/nowhere/e5.bin', cacheDir, threads: 1 });
  await expect(ranker.references(ask('When?'), [bridge], options)).rejects.toMatchObject({
    code: 'model-missing',
  });
  await ranker.close();
});

afterAll(() => rm(cacheDir, { recursive: true, force: true }));
