/** The report as a browser shows it: nothing from a record runs, and the filters find what they name. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../retriever/fetch/find-chromium.ts';
import type { Answer } from '../../src/core/nouns.ts';
import type { EvalRecord } from '../run/eval-record.ts';
import { abstentionSummary } from '../suites/frozen-web-suites.ts';
import { makeReport } from './make-report.ts';
import { reportPage } from './report-page.ts';

const HOSTILE = '</script><script>window.hit = 1</script><img src=x onerror="window.hit = 1">';

function record(id: string, right: number, abstained: number, text: string): EvalRecord {
  const answer: Answer = {
    id,
    question: `Question ${id}?`,
    answer: `${text}[1]`,
    abstained: abstained === 1,
    language: 'en',
    sentences: [
      {
        text,
        start: 0,
        end: text.length,
        citations: [
          { reference: 1, quote: 'Otters', start: 0, end: 6, url: 'http://a.example/', support: 1 },
        ],
      },
    ],
    references: [
      {
        number: 1,
        url: 'http://a.example/',
        title: HOSTILE,
        site: 'a.example',
        published_at: null,
        fetched_at: '2026-01-01T00:00:00Z',
        text: 'Otters hold hands while asleep.',
        score: 1,
        evidence: [],
      },
    ],
    score: 1,
    model: 'm',
    usage: { prompt_tokens: 1, completion_tokens: 1 },
    timings_ms: {
      search: 1,
      fetch: 2,
      extract: 3,
      rank: 4,
      generate: 5,
      score: 6,
      total: 21 + Number(id),
    },
    steps: [],
    warnings: [],
  };
  return {
    id,
    group: Number(id) > 3 ? 'zh' : 'en',
    question: `Question ${id}?`,
    gold: ['otters'],
    answer,
    error: null,
    metrics: {
      correct: right,
      right,
      abstained,
      confidence: Number(id) / 10,
      right_if_answered: right,
      citation_recall: 1,
    },
  };
}

const records = [
  record('1', 1, 0, 'Otters hold hands.'),
  record('2', 0, 0, HOSTILE),
  record('3', 0, 1, 'No answer was found.'),
  record('4', 1, 0, '水獭手拉手。'),
];
const report = makeReport({
  suite: 'frozen-web',
  notes: ['a note with <b>markup</b>'],
  configuration: { drafts: 2 },
  extra: abstentionSummary(records),
  records,
});
const page = reportPage(report);
const executablePath = findChromium();
const folder = mkdtempSync(join(tmpdir(), 'footnote-report-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('report page', () => {
  it('stands alone, and its policy lets nothing in', () => {
    expect(page).toContain("default-src 'none'");
    expect(page).not.toContain('unsafe-inline');
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/u);
    expect(page).not.toContain(HOSTILE);
    expect(page).toContain('a note with &lt;b&gt;markup&lt;/b&gt;');
  });

  it.skipIf(executablePath === null)(
    'is browsed in Chromium (needs one), and text stays text',
    async () => {
      const file = join(folder, 'report.html');
      writeFileSync(file, page);
      const browser = await chromium.launch({
        executablePath: executablePath ?? '',
        args: ['--no-sandbox'],
      });
      try {
        const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
        const problems: string[] = [];
        tab.on('console', (message) => problems.push(message.text()));
        tab.on('pageerror', (error) => problems.push(error.message));
        await tab.goto(pathToFileURL(file).href);
        expect(await tab.locator('#list button').count()).toBe(4);
        await tab.click('[data-filter="wrong"]');
        expect(await tab.locator('#list button').allTextContents()).toEqual(['enQuestion 2?']);
        await tab.click('#list button');
        expect(await tab.locator('.answer').textContent()).toContain(HOSTILE);
        await tab.click('.mark');
        expect(await tab.locator('.reference.lit mark').textContent()).toBe('Otters');
        await tab.click('[data-filter="abstained"]');
        expect(await tab.locator('#list button').allTextContents()).toEqual([
          'en · abstainedQuestion 3?',
        ]);
        await tab.click('[data-filter="all"]');
        await tab.selectOption('#group', 'zh');
        expect(await tab.locator('#list button').count()).toBe(1);
        expect(await tab.evaluate('window.hit ?? null')).toBeNull();
        // Nothing is wider than the window, and the plots are there.
        expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
          1280,
        );
        expect(await tab.locator('svg.plot').count()).toBe(4);
        expect(problems).toEqual([]);
      } finally {
        await browser.close();
      }
    },
  );
});
