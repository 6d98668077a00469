/**
 * Pages with dates that contradict each other, and a question that they contradict: searched for, fetched,
 * extracted, ranked and answered by the whole product; quotations stand in for the generator.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnswerService } from '../src/answer/answer-service.ts';
import { lastAnswer } from '../src/answer/last-answer.ts';
import { createApp, type App } from '../src/app.ts';
import { loadConfig, type Config } from '../src/core/config.ts';
import type { Answer } from '../src/core/nouns.ts';
import { startLoopbackWeb, type LoopbackWeb } from './loopback-web.ts';
import { weights } from './weights.ts';

interface Page {
  readonly title: string;
  readonly site: string;
  readonly date: string;
  readonly lang: string;
  readonly paragraphs: readonly string[];
}

const PAGES: Readonly<Record<string, Page>> = {
  '/tower-2019': {
    title: 'Arbel Tower',
    site: 'Tower Guide',
    date: '2019-05-02',
    lang: 'en',
    paragraphs: [
      'The Arbel Tower stands above the harbour of the town and is seen from far out at sea.',
      'The Arbel Tower is 295 metres tall. It was planned as a mark for ships.',
      'Ruth Kessler opened the Arbel Tower in 1974 before a crowd of six thousand people.',
    ],
  },
  '/tower-2025': {
    title: 'New antenna for the Arbel Tower',
    site: 'Harbour News',
    date: '2025-03-31',
    lang: 'en',
    paragraphs: [
      'A helicopter has lifted the new antenna into its place after three weeks of storms.',
      'With it the Arbel Tower is 310 metres tall. Visitors may go up again from the first of May.',
    ],
  },
  '/ta-2018': {
    title: '云溪塔',
    site: '古塔指南',
    date: '2018-06-01',
    lang: 'zh',
    paragraphs: [
      '云溪塔位于云溪县城东面，是当地的标志。',
      '云溪塔高64米，共有九层。塔内有木楼梯。',
    ],
  },
  '/ta-2024': {
    title: '云溪塔修缮完成',
    site: '云溪日报',
    date: '2024-09-12',
    lang: 'zh',
    paragraphs: [
      '云溪塔的修缮工程历时两年，于本周完成。',
      '修缮以后的云溪塔高71米，增加了新的塔刹。',
    ],
  },
};

const html = ({ title, site, date, lang, paragraphs }: Page): string =>
  `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>${title}</title>
<meta property="og:site_name" content="${site}"><meta property="article:published_time" content="${date}T08:00:00Z">
</head><body><main><article><h1>${title}</h1>${paragraphs.map((text) => `<p>${text}</p>`).join('\n')}</article></main></body></html>`;

describe.skipIf(weights('multilingual-e5-small') === null)(
  'sources that disagree, end to end (needs multilingual-e5-small)',
  () => {
    let web: LoopbackWeb;
    let app: App;
    let config: Config;

    beforeAll(async () => {
      web = await startLoopbackWeb({
        pages: {
          ...Object.fromEntries(Object.entries(PAGES).map(([path, page]) => [path, html(page)])),
          '/search': ({ url, response }) => {
            const han = /\p{Script=Han}/u.test(url.searchParams.get('q') ?? '');
            const results = Object.entries(PAGES)
              .filter(([, { lang }]) => (lang === 'zh') === han)
              .map(([path, { title }]) => ({ url: web.url(path), title, content: '' }));
            response.setHeader('content-type', 'application/json');
            response.end(JSON.stringify({ query: '', results }));
          },
        },
      });
      config = loadConfig({
        flags: {
          search: 'searxng',
          searxngUrl: `http://${web.endpoint}`,
          fetchAllow: web.endpoint,
          searchTimeoutMs: 60_000,
          pageTimeoutMs: 60_000,
          pagesTimeoutMs: 60_000,
          drafts: 0,
        },
      });
      app = await createApp(config, { signal: new AbortController().signal });
    }, 120_000);
    afterAll(async () => {
      await app.close();
      await web.close();
    });

    async function ask(question: string): Promise<Answer> {
      const service = new AnswerService(app.parts, { ...config, drafts: 0 });
      const { signal } = new AbortController();
      return (await lastAnswer(service.answer({ question }, { signal }))).answer;
    }

    /** Every citation is an exact quote of the page that it names. */
    function checkQuotes({ sentences, references }: Answer): void {
      for (const { citations } of sentences) {
        for (const { reference, quote, start, end } of citations) {
          const cited = references.find(({ number }) => number === reference);
          expect(cited?.text.slice(start, end)).toBe(quote);
        }
      }
    }

    it('tells both with their dates, the newer one first', async () => {
      const answer = await ask('How tall is the Arbel Tower?');
      checkQuotes(answer);
      expect(answer.sentences).toHaveLength(2);
      expect(answer.sentences[0]?.text).toMatch(
        /^Sources differ: .*310.*\(Harbour News, 2025-03-31\)\.$/u,
      );
      expect(answer.sentences[1]?.text).toMatch(/295.*\(Tower Guide, 2019-05-02\)\.$/u);
      expect(answer.sentences.every(({ citations }) => citations.length > 0)).toBe(true);
    }, 120_000);

    it('does so in Chinese', async () => {
      const answer = await ask('云溪塔现在有多高？');
      checkQuotes(answer);
      expect(answer.answer).toMatch(
        /^来源说法不一：.*71米.*（云溪日报，2024-09-12）.*64米.*（古塔指南，2018-06-01）/u,
      );
    }, 120_000);

    it('tells a false premise from the source', async () => {
      const answer = await ask('Who opened the Arbel Tower in 1984?');
      checkQuotes(answer);
      expect(answer.abstained).toBe(true);
      expect(answer.answer).toContain(
        'The sources say 1974, not 1984: Ruth Kessler opened the Arbel Tower in 1974',
      );
    }, 120_000);

    it('says one thing where all agree', async () => {
      const answer = await ask('Who opened the Arbel Tower?');
      expect(answer.abstained).toBe(false);
      expect(answer.answer).toContain('Ruth Kessler');
      expect(answer.answer).not.toContain('differ');
    }, 120_000);
  },
);
