/**
 * Measures extraction on `../shared/data/extraction-dev`: `npx tsx eval/bench/extraction/measure-extraction.ts`.
 * The figures are those of the shipped weights, which were fitted to these pages; the cross-validated
 * ones come from `npx tsx eval/lab/block-model/train-block-model.ts`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Document, FetchedPage } from '../../../src/core/nouns.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { prescanEncoding } from '../../../retriever/extract/decode-text.ts';
import { extractDocument } from '../../../retriever/extract/extract-document.ts';
import { averageScores, shingleScore } from '../../lab/block-model/shingle-f1.ts';

interface Row {
  readonly id: string;
  readonly url: string;
  readonly html?: string;
  readonly html_base64?: string;
  readonly gold_text?: string;
  readonly gold_title?: string;
  readonly gold_author?: string;
  readonly gold_date?: string;
  readonly must_contain?: readonly string[];
  readonly must_not_contain?: readonly string[];
}

const DATA = join(packageRoot, '../shared/data');

function read(path: string): readonly Row[] {
  return readJsonLines<Row>(join(DATA, path));
}

const times: number[] = [];
/** CPU time, which other programs on the machine do not lengthen. */
const cpuTimes: number[] = [];

async function extract(row: Row): Promise<Document | null> {
  const page: FetchedPage = {
    url: row.url,
    finalUrl: row.url,
    status: 200,
    contentType: row.html === undefined ? null : 'text/html; charset=utf-8',
    body:
      row.html === undefined ? Buffer.from(row.html_base64 ?? '', 'base64') : Buffer.from(row.html),
    fetchedAt: '2026-01-01T00:00:00Z',
    rendered: false,
    lastModified: null,
  };
  const started = performance.now();
  const cpu = process.cpuUsage();
  try {
    return await extractDocument({ ...page, contentType: page.contentType ?? 'text/html' });
  } catch (error) {
    console.log(`  ${row.id} ${row.url}: ${(error as Error).message}`);
    return null;
  } finally {
    times.push(performance.now() - started);
    const used = process.cpuUsage(cpu);
    cpuTimes.push((used.user + used.system) / 1_000);
  }
}

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[
    Math.min(values.length - 1, Math.floor(values.length * share))
  ] ?? 0;

async function textSet(name: string, path: string): Promise<void> {
  const scores: ({ precision: number; recall: number; empty: boolean } & { id: string })[] = [];
  for (const row of read(path)) {
    const document = await extract(row);
    scores.push({
      id: row.url,
      ...shingleScore(row.gold_text ?? '', document?.text ?? ''),
      empty: document === null,
    });
  }
  const { precision, recall, f1 } = averageScores(scores);
  console.log(
    `${name}: ${scores.length} pages  F1 ${f1.toFixed(4)}  precision ${precision.toFixed(4)}  recall ${recall.toFixed(4)}`,
  );
}

const flat = (text: string): string => text.replace(/\s+/gu, ' ').trim();
const folded = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

async function snippetSet(path: string): Promise<void> {
  let [tp, fn, fp, tn] = [0, 0, 0, 0];
  const known = { title: 0, author: 0, date: 0 };
  const right = { title: 0, author: 0, date: 0 };
  const verbose = process.argv.includes('--misses');
  for (const row of read(path)) {
    const document = await extract(row);
    const text = flat(document?.text ?? '');
    for (const snippet of row.must_contain ?? []) {
      if (text.includes(flat(snippet))) tp += 1;
      else {
        fn += 1;
        if (verbose) console.log(`  lacks "${snippet}" ${row.url}`);
      }
    }
    for (const snippet of row.must_not_contain ?? []) {
      if (text.includes(flat(snippet))) {
        fp += 1;
        if (verbose) console.log(`  has "${snippet}" ${row.url}`);
      } else tn += 1;
    }
    const check = (
      field: 'title' | 'author' | 'date',
      gold: string | undefined,
      ok: (gold: string) => boolean,
      found: unknown,
    ): void => {
      if (gold === undefined || gold === '') return;
      known[field] += 1;
      if (ok(gold)) right[field] += 1;
      else if (verbose)
        console.log(`  ${field}: gold "${gold}" found "${String(found)}" ${row.url}`);
    };
    check(
      'title',
      row.gold_title,
      (gold) => folded(gold) === folded(document?.title ?? ''),
      document?.title,
    );
    check(
      'author',
      row.gold_author,
      (gold) =>
        typeof document?.byline === 'string' &&
        (folded(document.byline).includes(folded(gold)) ||
          folded(gold).includes(folded(document.byline))),
      document?.byline,
    );
    check(
      'date',
      row.gold_date,
      (gold) => document?.publishedAt?.slice(0, 10) === gold,
      document?.publishedAt,
    );
  }
  const precision = tp / (tp + fp);
  const recall = tp / (tp + fn);
  console.log(
    `trafilatura-eval: snippets  F1 ${((2 * precision * recall) / (precision + recall)).toFixed(4)}  precision ${precision.toFixed(4)}  recall ${recall.toFixed(4)}  accuracy ${((tp + tn) / (tp + tn + fp + fn)).toFixed(4)}`,
  );
  for (const field of ['title', 'author', 'date'] as const)
    console.log(`  ${field} ${right[field]}/${known[field]}`);
}

function encodings(): void {
  const rows = read('conformance/html-encoding-sniff.jsonl.gz') as unknown as readonly {
    html_base64: string;
    encoding: string;
    file: string;
  }[];
  let right = 0;
  for (const row of rows) {
    const bytes = Buffer.from(row.html_base64, 'base64');
    const found = prescanEncoding(bytes) ?? 'windows-1252';
    const gold = new TextDecoder(row.encoding).encoding;
    if (found === gold) right += 1;
    else if (process.argv.includes('--misses'))
      console.log(
        `  ${row.file}: gold ${gold} found ${found} ${JSON.stringify(bytes.toString('latin1').slice(0, 160))}`,
      );
  }
  console.log(
    `html-encoding-sniff: ${right}/${rows.length} declarations found as the standard's prescan does`,
  );
}

if (!existsSync(join(DATA, 'extraction-dev'))) {
  console.log(`no data at ${DATA}; nothing measured`);
} else {
  encodings();
  // The first pages pay for compiling the code; a running child does not.
  for (const row of read('extraction-dev/article-extraction-benchmark.jsonl.gz').slice(0, 30))
    await extract(row);
  times.length = 0;
  cpuTimes.length = 0;
  await textSet(
    'article-extraction-benchmark',
    'extraction-dev/article-extraction-benchmark.jsonl.gz',
  );
  await snippetSet('extraction-dev/trafilatura-eval.jsonl.gz');
  await textSet(
    'mozilla-readability (its own output as gold: sanity only)',
    'extraction-dev/mozilla-readability.jsonl.gz',
  );
  console.log(
    `time per page, warm, whole step: median ${quantile(times, 0.5).toFixed(1)} ms, p95 ${quantile(times, 0.95).toFixed(1)} ms; CPU: median ${quantile(cpuTimes, 0.5).toFixed(1)} ms, p95 ${quantile(cpuTimes, 0.95).toFixed(1)} ms; peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`,
  );
}
