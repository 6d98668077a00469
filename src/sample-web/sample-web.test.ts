import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { chromium } from 'playwright-core';
import { extractText, getDocumentProxy } from 'unpdf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../core/package-root.ts';
import { articleBlocks, forumPosts } from './article-html.ts';
import { pagesFolder, plainText, samplePages } from './page-source.ts';
import { startSampleWeb, type SampleWeb } from './sample-web.ts';
import { SITES } from './sites.ts';

interface SampleQuestion {
  readonly question: string;
  readonly lang: 'en' | 'zh';
  readonly answers: readonly string[];
  readonly path: string | null;
}
interface SearchReply {
  readonly number_of_results: number;
  readonly results: readonly {
    readonly url: string;
    readonly title: string;
    readonly content: string;
    readonly engine: string;
    readonly publishedDate: string;
  }[];
}

const questions = JSON.parse(
  readFileSync(join(packageRoot, 'src', 'sample-web', 'questions.json'), 'utf8'),
) as readonly SampleQuestion[];
const pages = samplePages();
const browserPath = '/usr/bin/chromium';
let web: SampleWeb;

async function search(query: string, extra = ''): Promise<SearchReply> {
  const response = await fetch(
    `${web.searchUrl}/search?q=${encodeURIComponent(query)}&format=json${extra}`,
  );
  expect(response.status).toBe(200);
  return (await response.json()) as SearchReply;
}

/** Text of an HTML page, tags removed: enough to look for an answer. */
function textOf(html: string): string {
  return html
    .replace(/<[^>]+>/gu, '')
    .replaceAll('&amp;', '&')
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
}

async function pageText(path: string): Promise<string> {
  const page = pages.find((candidate) => candidate.path === path);
  const response = await fetch(web.origin + path + (page?.scripted === true ? '.json' : ''));
  expect(response.status, path).toBe(200);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (path.endsWith('.pdf')) {
    const { text } = await extractText(await getDocumentProxy(bytes), { mergePages: true });
    return text;
  }
  const text = iconv.decode(Buffer.from(bytes), page?.charset ?? 'utf-8');
  return textOf(page?.scripted === true ? (JSON.parse(text) as { html: string }).html : text);
}

beforeAll(async () => {
  web = await startSampleWeb();
});
afterAll(async () => {
  await web.close();
});

describe('pages', () => {
  it('are many, in two languages, and small', () => {
    const count = (prefix: string): number =>
      pages.filter((page) => SITES[page.site]?.language.startsWith(prefix)).length;
    expect(count('en')).toBeGreaterThanOrEqual(28);
    expect(count('zh')).toBeGreaterThanOrEqual(14);
    expect(count('zh-Hant')).toBeGreaterThanOrEqual(2);
    const bytes = readdirSync(pagesFolder, { recursive: true, encoding: 'utf8' })
      .map((name) => statSync(join(pagesFolder, name)))
      .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
    expect(bytes).toBeLessThan(2_000_000);
  });

  it.each(pages.filter((page) => page.delayMs === 0).map((page) => page.path))(
    'loads %s with its article inside the furniture',
    async (path) => {
      const page = pages.find((candidate) => candidate.path === path);
      if (page === undefined) throw new Error(path);
      const text = (await pageText(path)).replace(/\s+/gu, ' ');
      if (page.file !== null) return;
      const posts = forumPosts(page.body);
      const blocks = posts.length > 0 ? posts.map(({ html }) => html) : articleBlocks(page.body);
      expect(blocks.length).toBeGreaterThan(3);
      for (const block of blocks) {
        expect(text).toContain(textOf(block).replace(/\s+/gu, ' ').trim());
      }
      expect(text).toContain(SITES[page.site]?.name);
      expect(text.toLowerCase()).toContain('cookie');
    },
  );

  it('hold their gold answers verbatim', async () => {
    for (const { answers, path, question } of questions) {
      if (path === null) continue;
      const text = await pageText(path);
      expect(
        answers.some((answer) => text.includes(answer)),
        `${question} ${path}`,
      ).toBe(true);
    }
  });

  it('send legacy bytes with the charset in the meta element only', async () => {
    const legacy = pages.filter((page) => page.charset !== 'utf-8');
    expect(legacy.map((page) => page.charset).sort()).toEqual(['gbk', 'windows-1252']);
    for (const page of legacy) {
      const response = await fetch(web.origin + page.path);
      expect(response.headers.get('content-type')).toBe('text/html');
      const bytes = Buffer.from(await response.arrayBuffer());
      expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow();
      expect(bytes.toString('latin1')).toContain(`charset=${page.charset}`);
      const sentence = plainText(page).split('\n')[0] ?? '';
      expect(textOf(iconv.decode(bytes, page.charset))).toContain(sentence);
    }
  });

  it('include a PDF that says the same as its source', async () => {
    const page = pages.find((candidate) => candidate.file !== null);
    const response = await fetch(`${web.origin}${page?.path}`);
    expect(response.headers.get('content-type')).toBe('application/pdf');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 5).toString('latin1')).toBe('%PDF-');
    const squeeze = (text: string): string => text.replace(/\s+/gu, '');
    const text = squeeze(await pageText(page?.path ?? ''));
    for (const block of plainText(page ?? pages[0]!).split('\n\n')) {
      expect(text).toContain(squeeze(block));
    }
  });

  it('include one that moved, one that robots.txt forbids and one that does not exist', async () => {
    const moved = await fetch(`${web.origin}/kestrel/water-bear`, { redirect: 'manual' });
    expect(moved.status).toBe(301);
    expect(moved.headers.get('location')).toBe('/kestrel/tardigrade');
    const robots = await (await fetch(`${web.origin}/robots.txt`)).text();
    expect(robots).toContain('Disallow: /plain-health/members-vitamin-c\n');
    expect((await fetch(`${web.origin}/kestrel/no-such-page`)).status).toBe(404);
    expect((await fetch(web.origin, { method: 'POST' })).status).toBe(405);
  });

  it('include a slow one, and do not wait for a client that has gone', async () => {
    const page = pages.find((candidate) => candidate.delayMs > 0);
    expect(page?.delayMs).toBeGreaterThanOrEqual(10_000);
    await expect(
      fetch(`${web.origin}${page?.path}`, { signal: AbortSignal.timeout(300) }),
    ).rejects.toThrow(/timeout|aborted/iu);
  });

  it('include a pair that contradict each other with different dates', async () => {
    const [older, newer] = ['clock-museum-new-home', 'clock-museum-longer-hours'].map((slug) =>
      pages.find((page) => page.path === `/alderwick-post/${slug}`),
    );
    expect(older?.body).toContain('Admission is 6 pounds');
    expect(newer?.body).toContain('from 6 to 9 pounds');
    expect(Date.parse(newer?.date ?? '')).toBeGreaterThan(Date.parse(older?.date ?? ''));
  });
});

describe.skipIf(!existsSync(browserPath))('in Chromium', () => {
  it('the scripted page is empty without its script and whole with it', async () => {
    const page = pages.find((candidate) => candidate.scripted);
    const url = `${web.origin}${page?.path}`;
    const shell = await (await fetch(url)).text();
    expect(shell).not.toContain('HelloRetryRequest');
    const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
    try {
      const tab = await browser.newPage();
      await tab.goto(url, { waitUntil: 'networkidle' });
      expect(await tab.textContent('main')).toContain('HelloRetryRequest');
    } finally {
      await browser.close();
    }
  });
});

describe('search', () => {
  it('speaks the JSON of SearXNG', async () => {
    const reply = await search('Panama Canal locks');
    expect(reply.results[0]).toMatchObject({
      url: `${web.origin}/kestrel/panama-canal`,
      title: 'Panama Canal',
      engine: 'sample',
      publishedDate: '2025-04-20T00:00:00',
    });
    expect(reply.results[0]?.content).toMatch(/canal/iu);
    expect(reply.number_of_results).toBe(reply.results.length);
    expect((await fetch(`${web.searchUrl}/search?q=x`)).status).toBe(403);
    expect((await fetch(`${web.searchUrl}/search?q=&format=json`)).status).toBe(400);
  });

  it('finds the page of every answerable question among the first five', async () => {
    const ranks = new Map<string, number>();
    for (const { question, lang, path } of questions) {
      if (path === null) continue;
      const { results } = await search(question, `&language=${lang}`);
      const listed = pages.find((page) => page.path === path)?.listedPath ?? path;
      ranks.set(question, results.findIndex(({ url }) => url === web.origin + listed) + 1);
      expect(results.length).toBeLessThanOrEqual(10);
    }
    const values = [...ranks.values()];
    const first = values.filter((rank) => rank === 1).length;
    const firstFive = values.filter((rank) => rank >= 1 && rank <= 5).length;
    process.stdout.write(
      `sample web: gold page @1 ${first}/${values.length}, @5 ${firstFive}/${values.length}\n`,
    );
    expect([...ranks].filter(([, rank]) => rank < 1 || rank > 5)).toEqual([]);
    expect(first / values.length).toBeGreaterThanOrEqual(0.9);
  });

  it('has few results or none for what it knows nothing of', async () => {
    for (const { question, lang, path } of questions) {
      if (path !== null) continue;
      const { results } = await search(question, `&language=${lang}`);
      expect(results.map(({ title }) => title).length, question).toBeLessThanOrEqual(2);
    }
    expect((await search('cheap car insurance quotes Ohio')).results).toEqual([]);
    expect((await search('the of and')).results).toEqual([]);
  });

  it('heeds site:, time_range, and folds Traditional to Simplified', async () => {
    const all = await search('Voyager Jupiter probe');
    expect(all.results.length).toBeGreaterThan(1);
    const limited = await search('Voyager Jupiter probe site:kestrel');
    expect(limited.results.every(({ url }) => url.includes('/kestrel/'))).toBe(true);
    expect((await search('Voyager Jupiter probe', '&time_range=day')).results).toEqual([]);
    const traditional = await search('京杭大運河全長');
    expect(traditional.results[0]?.title).toBe('京杭大运河');
  });
});

describe('server', () => {
  it('starts fast and stops with its signal', async () => {
    const controller = new AbortController();
    const started = performance.now();
    const other = await startSampleWeb({ signal: controller.signal });
    expect(performance.now() - started).toBeLessThan(1_500);
    expect((await fetch(other.origin)).status).toBe(200);
    controller.abort();
    await other.close();
    await expect(fetch(other.origin)).rejects.toThrow(/fetch failed/u);
    await expect(startSampleWeb({ signal: controller.signal })).rejects.toThrow(/cancelled/u);
  });
});
