/**
 * `npm run bench -- extraction [--python PATH] [--limit N]`: the article-extraction benchmark's pages
 * through this product and its peers, one process each, in the same run: F1 by the benchmark's own
 * measure, time of the library's call and peak memory of its process.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { averageScores, shingleScore } from '../../lab/block-model/shingle-f1.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { runPeer } from './run-peer.ts';

interface Row {
  readonly id: string;
  readonly url: string;
  readonly html: string;
  readonly gold_text: string;
}

const DATA = join(
  packageRoot,
  '../shared/data/extraction-dev/article-extraction-benchmark.jsonl.gz',
);
const WARM_UP = 20;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const NODE_FIX = 'npm ci';
const PYTHON_FIX =
  'python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r eval/bench/extraction/requirements.txt, then --python /tmp/peers/bin/python';

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? NaN;

/** Prints one row a program; ratios are against this product's own row. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      python: { type: 'string', default: 'python3' },
      limit: { type: 'string', default: '1000' },
    },
  });
  if (!existsSync(DATA)) {
    console.log(`no data at ${DATA}; nothing measured`);
    return;
  }
  const rows = readJsonLines<Row>(DATA).slice(0, Number(values.limit));
  const pages = rows.map(({ id, url, html }) => ({ id, url, html }));
  const node = [
    '--import',
    'tsx',
    '--no-warnings',
    '--stack-size=4000',
    here('peers/node-peer.ts'),
  ];
  const python = [here('peers/python-peer.py')];
  console.log(
    `${rows.length} pages; x: times footnote's own figure\n${'program'.padEnd(20)}     F1  precision  recall   ms median        p95          peak MB        failed`,
  );
  let own: readonly number[] | null = null;
  for (const [name, command, base, fix] of [
    ['footnote', process.execPath, node, NODE_FIX],
    ['trafilatura', values.python, python, PYTHON_FIX],
    ['html2text', values.python, python, PYTHON_FIX],
    ['readability-jsdom', process.execPath, node, NODE_FIX],
    ['defuddle', process.execPath, node, NODE_FIX],
  ] as const) {
    const peer = await runPeer(command, [...base, name], pages, Math.min(WARM_UP, pages.length));
    if (peer === null) {
      console.log(`${name.padEnd(20)} skipped: not installed; ${fix}`);
      continue;
    }
    const score = averageScores(
      rows.map((row, index) => {
        const text = peer.answers[index]?.text ?? '';
        return { ...shingleScore(row.gold_text, text), empty: text.trim() === '' };
      }),
    );
    const times = peer.answers.map(({ ms }) => ms);
    const figures = [quantile(times, 0.5), quantile(times, 0.95), peer.peakBytes / 1e6];
    own ??= figures;
    const cells = figures.map(
      (figure, index) =>
        `${figure.toFixed(1).padStart(8)} (${(figure / (own?.[index] ?? NaN)).toFixed(1)}x)`,
    );
    console.log(
      `${name.padEnd(20)} ${score.f1.toFixed(4)}     ${score.precision.toFixed(4)}  ${score.recall.toFixed(4)}  ${cells.join('  ')}  ${String(peer.answers.filter(({ error }) => error !== null).length).padStart(6)}`,
    );
  }
  console.log(
    "footnote's figures are those of weights fitted to these pages; cross-validated by site: npx tsx eval/lab/block-model/train-block-model.ts",
  );
}
