/** The web page in a real Chromium, against the built service with the sample web and real weights. */
import { chromium as playwright, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../retriever/fetch/find-chromium.ts';
import type { Answer } from '../src/core/nouns.ts';
import { axeViolations } from './axe-violations.ts';
import { startCuttingProxy, type CuttingProxy } from './cutting-proxy.ts';
import { startService, TEST_CACHE, type Service } from './footnote-process.ts';
import { weights } from './weights.ts';

const chromium = findChromium();
const ready =
  chromium !== null &&
  weights('smollm2-135m') !== null &&
  weights('multilingual-e5-small') !== null;

const QUESTION = 'How deep is Lake Baikal?';
/** One of its pages takes seconds to come, so that there is something to watch and to stop. */
const SLOW_QUESTION = 'What does the Voyager archive say about the golden record?';

let service: Service;
let proxy: CuttingProxy;
let browser: Browser;

interface Visit {
  readonly page: Page;
  /** What the console and the page complained about. */
  readonly complaints: string[];
  readonly requests: string[];
}

type ContextOptions = Parameters<Browser['newContext']>[0];

async function visit(origin = service.origin, options: ContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(origin);
  return { page, complaints, requests };
}

async function ask(page: Page, question: string): Promise<void> {
  await page.getByRole('textbox').fill(question);
  await page.keyboard.press('Enter');
}

/** The answer of the last turn, when it is whole. */
async function answered(page: Page): Promise<string> {
  const turn = page.getByRole('article').last();
  await turn.getByRole('button', { name: /Copy as Markdown|复制/u }).waitFor({ timeout: 45_000 });
  return (await turn.locator('.answer').textContent()) ?? '';
}

beforeAll(async () => {
  if (!ready) return;
  service = await startService({
    FOOTNOTE_SEARCH: 'sample',
    FOOTNOTE_GENERATOR: 'smollm2-135m',
    FOOTNOTE_CACHE_DIR: TEST_CACHE,
    FOOTNOTE_LOG_LEVEL: 'info',
    FOOTNOTE_MAX_CONCURRENT: '1',
    FOOTNOTE_MAX_QUEUED: '1',
  });
  proxy = await startCuttingProxy(service.origin);
  browser = await playwright.launch({
    executablePath: chromium ?? '',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}, 180_000);

afterAll(async () => {
  if (!ready) return;
  await browser.close();
  await proxy.close();
  expect(await service.stop()).toBe(0);
});

describe.skipIf(!ready)('the page', () => {
  it('streams an answer with its stages and sources, from its own origin alone', async () => {
    const { page, complaints, requests } = await visit();
    await ask(page, QUESTION);
    await page.locator('.pages li', { hasText: 'Lake Baikal' }).waitFor();
    expect(await answered(page)).toContain('1,642');
    expect(await page.getByRole('heading', { level: 2 }).first().textContent()).toBe(QUESTION);
    const card = page.locator('.card').first();
    expect(await card.textContent()).toMatch(/Kestrel Encyclopaedia · \d{4}-\d\d-\d\d · cited/u);
    expect(await card.locator('mark').textContent()).not.toBe('');
    expect(await page.getByRole('log').textContent()).toContain('Answer complete');
    expect(
      requests.filter((url) => !url.startsWith(service.origin) && !url.startsWith('data:')),
    ).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows the quote in its passage, and lands on the sentence at the source', async () => {
    const { page, complaints } = await visit(service.origin, {
      viewport: { width: 900, height: 420 },
    });
    await ask(page, 'When did Voyager 1 enter interstellar space by crossing the heliopause?');
    await answered(page);
    const mark = page.locator('.mark').first();
    await mark.hover();
    const popover = page.locator('#popover');
    await popover.waitFor();
    const quote = (await popover.locator('mark').textContent()) ?? '';
    expect(quote.length).toBeGreaterThan(10);
    expect(((await popover.locator('.passage').textContent()) ?? '').length).toBeGreaterThan(
      quote.length,
    );
    await page.keyboard.press('Escape');
    await popover.waitFor({ state: 'hidden' });
    // The keyboard gets the same.
    await mark.focus();
    await popover.waitFor();
    expect(await mark.getAttribute('aria-describedby')).toMatch(/passage/u);
    expect(
      await page.locator(`#${(await mark.getAttribute('aria-describedby')) ?? ''}`).textContent(),
    ).toContain(quote);
    expect(await mark.getAttribute('rel')).toContain('noopener');
    expect(await mark.getAttribute('href')).toContain('#:~:text=');

    const opened = page.context().waitForEvent('page');
    await mark.click();
    const source = await opened;
    await source.waitForLoadState();
    await expect.poll(() => inView(source, quote)).toBe('seen');
    expect(await source.evaluate(() => scrollY)).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('has links that scroll to the sentence, in English and Chinese', async () => {
    const context = await browser.newContext({ viewport: { width: 800, height: 320 } });
    for (const question of [
      'How much water does one passage through the Panama Canal\u2019s original locks use?',
      'Why is the blood of an octopus blue?',
      'How deep is Lake Baikal?',
      '祖冲之给圆周率的密率是多少？',
      '哈尔滨冰雪大世界的冰是从哪里取的？',
    ]) {
      const response = await fetch(`${service.origin}/v1/answer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ question, drafts: 0 }),
      });
      const answer = (await response.json()) as Answer;
      const citations = answer.sentences.flatMap((sentence) => sentence.citations);
      expect(citations.length).toBeGreaterThan(0);
      for (const { url, quote } of citations) {
        const page = await context.newPage();
        await page.goto(url);
        await expect
          .poll(() => inView(page, quote.trim().split(' | ').at(-1) ?? ''), {
            message: `${url} ${quote}`,
          })
          .toBe('seen');
        await page.close();
      }
    }
    await context.close();
  });

  it('shows the quote on a tap, on a phone', async () => {
    const { page } = await visit(service.origin, {
      viewport: { width: 380, height: 740 },
      hasTouch: true,
      isMobile: true,
    });
    await ask(page, QUESTION);
    await answered(page);
    await page.locator('.mark').first().tap();
    await page.locator('#popover').waitFor();
    expect(page.context().pages()).toHaveLength(1);
    expect(await page.locator('#popover a').getAttribute('href')).toContain('#:~:text=');
    // Nothing is wider than the phone.
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      380,
    );
    expect(await axeViolations(page)).toEqual([]);
    await page.touchscreen.tap(190, 60);
    await page.locator('#popover').waitFor({ state: 'hidden' });
    await page.context().close();
  });

  it('stops the work on the server', async () => {
    const { page } = await visit();
    await ask(page, SLOW_QUESTION);
    await page.locator('.pages li').first().waitFor();
    expect(await metric('footnote_questions{state="running"}')).toBe(1);
    const before = await metric('footnote_answers_total{outcome="cancelled"}');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped.').first().waitFor();
    await expect
      .poll(() => metric('footnote_questions{state="running"}'), { timeout: 5_000 })
      .toBe(0);
    expect(await metric('footnote_answers_total{outcome="cancelled"}')).toBe(before + 1);
    // The question is there to be changed and asked again.
    expect(await page.getByRole('textbox').inputValue()).toBe(SLOW_QUESTION);
    await page.context().close();
  });

  it('asks once more by itself when the line breaks, and offers to when it stays broken', async () => {
    const { page } = await visit(proxy.origin);
    await ask(page, SLOW_QUESTION);
    await page.locator('.pages li').first().waitFor();
    proxy.cut();
    await page.getByText('Trying once more').first().waitFor();
    expect(await answered(page)).not.toBe('');

    await ask(page, 'Which pope annulled Magna Carta?');
    proxy.refuse = true;
    proxy.cut();
    const alert = page.getByRole('alert');
    await alert.waitFor({ timeout: 20_000 });
    expect(await alert.textContent()).toContain('The connection was lost');
    proxy.refuse = false;
    await alert.getByRole('button', { name: 'Try again' }).click();
    expect(await answered(page)).toContain('Innocent III');
    await page.context().close();
  });

  it('says what to do when the service is full', async () => {
    const { page } = await visit();
    const gone = new AbortController();
    // One is answered, one waits: there is no room for a third.
    for (const question of [SLOW_QUESTION, `${SLOW_QUESTION} And who spoke on it?`]) {
      fetch(`${service.origin}/v1/answer`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ question, seed: 5 }),
        signal: gone.signal,
      }).catch(() => undefined);
    }
    await expect.poll(() => metric('footnote_questions{state="waiting"}')).toBe(1);
    await ask(page, 'How tall is Olympus Mons on Mars?');
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(
      /Many people are asking at once.*Try again in \d+ s/u,
    );
    expect(await axeViolations(page)).toEqual([]);
    gone.abort();
    await page.context().close();
  });

  it('keeps the conversation in the browser, sends it with a follow-up, and forgets it on request', async () => {
    const { page } = await visit();
    await ask(page, QUESTION);
    await answered(page);
    const request = page.waitForRequest(/v1\/answer$/u);
    await ask(page, 'How old is it?');
    const body = (await request).postDataJSON() as {
      messages: { role: string; content: string }[];
    };
    expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(body.messages[1]?.content).toContain('1,642');
    await answered(page);
    expect(await page.getByRole('article').count()).toBe(2);

    await page.reload();
    expect(await page.getByRole('article').count()).toBe(2);
    await page.getByRole('button', { name: 'New conversation' }).click();
    expect(await page.getByRole('article').count()).toBe(0);
    await page.getByRole('button', { name: 'History' }).click();
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: QUESTION }).first().click();
    expect(await page.getByRole('article').count()).toBe(2);
    await page.getByRole('button', { name: 'History' }).click();
    await page.getByRole('button', { name: 'Delete all' }).click();
    await page.getByText('No conversations yet.').waitFor();
    expect(await page.evaluate(() => Object.keys(localStorage).length)).toBe(0);
    await page.context().close();
  });

  it('copies the answer as Markdown with footnotes', async () => {
    const { page } = await visit(service.origin, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await ask(page, QUESTION);
    await answered(page);
    await page.getByRole('button', { name: 'Copy as Markdown' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain('1,642');
    expect(copied).toMatch(/\[\^1\]/u);
    expect(copied).toMatch(
      /^\[\^1\]: \[Lake Baikal\]\(http:\S+#:~:text=\S+\), Kestrel Encyclopaedia, \d{4}-\d\d-\d\d: “/mu,
    );
    await page.context().close();
  });

  it.each([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['in Chinese', { locale: 'zh-CN' }],
    [
      'in Chinese, dark, on a phone',
      { locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 380, height: 740 } },
    ],
  ] as const)('has nothing that axe objects to: %s', async (_, options) => {
    const { page } = await visit(service.origin, options);
    expect(await axeViolations(page)).toEqual([]);
    await ask(page, 'locale' in options ? '大熊猫主要吃什么？' : QUESTION);
    await answered(page);
    await page.locator('.progress summary').click();
    expect(await axeViolations(page)).toEqual([]);
    await page.locator('.mark').first().focus();
    await page.locator('#popover').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.context().close();
  });

  it('speaks the reader’s language and theme, and switches both', async () => {
    const { page, complaints } = await visit(service.origin, {
      locale: 'zh-CN',
      colorScheme: 'dark',
    });
    expect(await page.getAttribute('html', 'lang')).toBe('zh-CN');
    const paper = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await paper();
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('Check every sentence.').waitFor();
    await page.getByRole('button', { name: 'Theme: as the system' }).click();
    await expect.poll(paper).not.toBe(dark);
    await page.reload();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    expect(await page.getAttribute('html', 'lang')).toBe('en');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('weighs less than 100 kB on the way', async () => {
    const { page } = await visit();
    const bytes = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .concat(performance.getEntriesByType('navigation'))
        .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
    );
    expect(bytes).toBeGreaterThan(5_000);
    expect(bytes).toBeLessThan(100_000);
    await page.context().close();
  });
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${service.origin}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

/** Whether the first words of a quote stand within the window of an ordinary page. */
async function inView(page: Page, quote: string): Promise<string> {
  return page.evaluate(
    (words) => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      // Every character's place: a quote may begin in bold and go on plain.
      const at: { readonly node: Node; readonly offset: number }[] = [];
      let text = '';
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const value = (node.nodeValue ?? '').replace(/\s/gu, ' ');
        text += value;
        for (let offset = 0; offset < value.length; offset += 1) at.push({ node, offset });
      }
      const places: string[] = [];
      for (let from = text.indexOf(words); from >= 0; from = text.indexOf(words, from + 1)) {
        const [first, last] = [at[from], at[from + words.length - 1]];
        if (first === undefined || last === undefined) break;
        const range = document.createRange();
        range.setStart(first.node, first.offset);
        range.setEnd(last.node, last.offset + 1);
        const { top, bottom } = range.getBoundingClientRect();
        if (top >= 0 && bottom <= innerHeight) return 'seen';
        places.push(`${Math.round(top)} to ${Math.round(bottom)} of ${innerHeight}`);
      }
      return `not in view: ${places.join(', ')}`;
    },
    quote.slice(0, 24),
  );
}
