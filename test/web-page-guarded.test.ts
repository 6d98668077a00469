/** The web page of a service that wants a key, over a folder of pages that try to break out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium as playwright, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../retriever/fetch/find-chromium.ts';
import { axeViolations } from './axe-violations.ts';
import { startService, TEST_CACHE, type Service } from './footnote-process.ts';
import { weights } from './weights.ts';

const chromium = findChromium();
const ready = chromium !== null && weights('multilingual-e5-small') !== null;

const HOSTILE = `<!doctype html><html lang="en"><head>
<title>Zyx mill &lt;img src=x onerror="document.title='broken out'"&gt;</title></head><body><article>
<h1>The Zyx mill</h1><p>The Zyx mill is driven by a &lt;script&gt;document.title='broken out'&lt;/script&gt; wheel of
bronze, which the miller calls &lt;b onclick="1"&gt;Old Betty&lt;/b&gt;, and which turns nine times a minute.</p>
<p>${'The mill stands by a brook, and its roof was mended in the spring of the year 1911. '.repeat(5)}</p>
</article></body></html>`;

let folder: string;
let service: Service;
let browser: Browser;

beforeAll(async () => {
  if (!ready) return;
  folder = mkdtempSync(join(tmpdir(), 'footnote-hostile-'));
  writeFileSync(join(folder, 'mill.html'), HOSTILE);
  service = await startService({
    FOOTNOTE_SEARCH: 'local',
    FOOTNOTE_CORPUS_DIR: folder,
    FOOTNOTE_GENERATOR: 'smollm2-135m',
    FOOTNOTE_DRAFTS: '0',
    FOOTNOTE_CACHE_DIR: TEST_CACHE,
    FOOTNOTE_API_KEYS: 'secret-1',
  });
  browser = await playwright.launch({
    executablePath: chromium ?? '',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}, 240_000);

afterAll(async () => {
  if (!ready) return;
  await browser.close();
  await service.stop();
  rmSync(folder, { recursive: true });
});

describe.skipIf(!ready)('the page of a guarded service', () => {
  it('asks for the key, keeps it for the tab, and shows hostile text as text', async () => {
    const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      // The 401s themselves are listed by the browser.
      if (message.type() === 'error' && !message.text().includes('401'))
        complaints.push(message.text());
    });
    await page.goto(service.origin);
    const question = 'How often does the wheel of the Zyx mill turn in a minute?';
    await page.getByRole('textbox').fill(question);
    await page.keyboard.press('Enter');

    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await dialog.getByLabel('API key').fill('wrong');
    await page.keyboard.press('Enter');
    await dialog.getByText('did not accept').waitFor();
    await dialog.getByLabel('API key').fill('secret-1');
    await dialog.getByRole('button', { name: 'Use this key' }).click();
    await page.getByRole('button', { name: 'Copy as Markdown' }).waitFor({ timeout: 60_000 });

    const turn = page.getByRole('article');
    expect(await turn.locator('.answer').textContent()).toContain('nine times a minute');
    expect(await turn.textContent()).toContain('<img src=x onerror=');
    expect(await page.locator('main img, main b, main script').count()).toBe(0);
    expect(await page.title()).not.toContain('broken out');
    // A file of the folder is no link; its passage opens all the same.
    await page.locator('button.mark').first().focus();
    await page.locator('#popover').waitFor();
    expect(await page.locator('#popover a').count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);

    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('secret-1');
    await page.reload();
    await page.getByRole('textbox').fill('When was the roof of the Zyx mill mended?');
    await page.keyboard.press('Enter');
    await page
      .getByRole('button', { name: 'Copy as Markdown' })
      .nth(1)
      .waitFor({ timeout: 60_000 });
    expect(complaints).toEqual([]);

    // Thinking better of it leaves a problem that can be read, and the question.
    const other = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await other.goto(service.origin);
    await other.getByRole('textbox').fill(question);
    await other.keyboard.press('Enter');
    await other.getByRole('button', { name: 'Cancel' }).click();
    expect(await other.getByRole('alert').first().textContent()).toContain('An API key is needed');
  }, 180_000);
});
