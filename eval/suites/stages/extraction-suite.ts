/** Pages and the text that people marked in them. */
import { z } from 'zod';
import { averageScores, shingleScore } from '../../lab/block-model/shingle-f1.ts';
import { readRows } from '../frozen-web/frozen-web-data.ts';
import type { EvalRecord } from '../../run/eval-record.ts';
import { findData, fixedSample } from '../find-data.ts';
import type { StageItem, StageSuite, SuiteOptions } from '../suite.ts';

const schema = z.looseObject({
  id: z.string(),
  url: z.string(),
  html: z.string().optional(),
  html_base64: z.string().optional(),
  gold_text: z.string().nullish(),
  gold_title: z.string().nullish(),
  must_contain: z.array(z.string()).nullish(),
  must_not_contain: z.array(z.string()).nullish(),
});
type Row = z.infer<typeof schema>;

const flat = (text: string): string => text.replace(/\s+/gu, ' ').trim();

function measure(row: Row, output: Readonly<Record<string, unknown>>): Record<string, number> {
  const text = typeof output['text'] === 'string' ? output['text'] : '';
  const metrics: Record<string, number> = { empty: text.trim() === '' ? 1 : 0 };
  if (typeof row.gold_text === 'string') {
    const { precision, recall } = shingleScore(row.gold_text, text);
    Object.assign(metrics, { shingle_precision: precision, shingle_recall: recall });
  }
  const wanted = row.must_contain ?? [];
  const unwanted = row.must_not_contain ?? [];
  if (wanted.length > 0 || unwanted.length > 0) {
    const held = (snippets: readonly string[]): number =>
      snippets.filter((snippet) => flat(text).includes(flat(snippet))).length;
    Object.assign(metrics, {
      snippets_wanted: wanted.length,
      snippets_held: held(wanted),
      snippets_unwanted: unwanted.length,
      snippets_wrong: held(unwanted),
    });
  }
  return metrics;
}

function itemsOf(options: SuiteOptions, name: string, pattern: RegExp): StageItem[] {
  const rows = readRows(findData(options.data, pattern), schema);
  return fixedSample(rows, ({ id }) => id, options.limit).map((row) => ({
    id: row.id,
    group: name,
    title: row.url,
    labels: {},
    line: {
      id: row.id,
      url: row.url,
      ...(row.html === undefined ? { html_base64: row.html_base64 } : { html: row.html }),
    },
    measure: (output) => measure(row, output),
  }));
}

export const extractionSuite: StageSuite = {
  kind: 'stage',
  name: 'extraction',
  description: 'the article-extraction benchmark (shingle F1) and trafilatura’s snippets',
  stage: 'extract',
  needsData: true,
  items: (options) => [
    ...itemsOf(options, 'article-extraction-benchmark', /article-extraction-benchmark/u),
    ...itemsOf(options, 'trafilatura-eval', /trafilatura-eval/u),
  ],
  summarise: (records: readonly EvalRecord[]) => {
    const benchmark = records.filter(({ metrics }) => metrics['shingle_recall'] !== undefined);
    const snippets = records.filter(({ metrics }) => metrics['snippets_wanted'] !== undefined);
    const sum = (metric: string): number =>
      snippets.reduce((total, { metrics }) => total + (metrics[metric] ?? 0), 0);
    const held = sum('snippets_held');
    const precision = held / Math.max(1, held + sum('snippets_wrong'));
    const recall = held / Math.max(1, sum('snippets_wanted'));
    return {
      'article-extraction-benchmark (F1 of the averages, as published)': averageScores(
        benchmark.map(({ metrics }) => ({
          precision: metrics['shingle_precision'] ?? 0,
          recall: metrics['shingle_recall'] ?? 0,
          empty: metrics['empty'] === 1,
        })),
      ),
      'trafilatura-eval, snippets': {
        precision,
        recall,
        f1: (2 * precision * recall) / Math.max(1e-9, precision + recall),
      },
    };
  },
};
