/**
 * `npm run bench -- local [--documents 100000] [--queries 200]`: the `local` provider's index over
 * documents made by a seeded generator (words by Zipf's law, English and Chinese): indexing rate, memory,
 * size on disk, query p50 and p99, an update of one in a thousand. The store runs in this process and
 * takes texts, so that reading and extracting files (see the extraction bench) is not counted twice.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LocalIndexStore, type IndexEntry } from '../../../retriever/search/local-index-store.ts';
import { INDEX_BATCH } from '../../../retriever/search/local-index.ts';
import { seededRandom } from '../../lab/trees/seeded-random.ts';

const VOCABULARY = 30_000;
const MEGABYTE = 1e6;

const SYLLABLES = 'ba ce di fo gu la me ni po ru sa te vi zo kar len mor tan'.split(' ');

/** A word for each rank: short ones for frequent ranks, Han pairs for every eighth. */
function wordOf(rank: number): string {
  if (rank % 8 === 7) {
    return String.fromCodePoint(0x4e00 + ((rank * 37) % 6_000), 0x4e00 + ((rank * 101) % 6_000));
  }
  let word = '';
  for (let left = rank + 1; left > 0; left = Math.floor(left / SYLLABLES.length)) {
    word += SYLLABLES[left % SYLLABLES.length];
  }
  return word;
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      documents: { type: 'string', default: '100000' },
      queries: { type: 'string', default: '200' },
    },
  });
  const count = Number(values.documents);
  const random = seededRandom(7);
  // Zipf: rank r with a probability falling as 1/r.
  const pick = (): string => wordOf(Math.floor(VOCABULARY ** random()) - 1);
  const words = (length: number): string => Array.from({ length }, pick).join(' ');
  const document = (index: number, version: number): IndexEntry => ({
    path: `folder${index % 100}/document${index}.md`,
    mtimeMs: version,
    size: 1_000,
    title: words(5),
    text: Array.from({ length: 8 }, () => `${words(12 + Math.floor(random() * 20))}.`).join(' '),
    language: 'en',
    publishedAt: null,
    site: '',
    failure: null,
  });
  const folder = mkdtempSync(join(tmpdir(), 'footnote-local-'));
  const path = join(folder, 'index.db');
  const store = new LocalIndexStore(path);
  try {
    const put = (entries: readonly IndexEntry[]): number => {
      const started = performance.now();
      store.put(entries, Date.now());
      return performance.now() - started;
    };
    let indexMs = 0;
    for (let start = 0; start < count; start += INDEX_BATCH) {
      const size = Math.min(INDEX_BATCH, count - start);
      indexMs += put(Array.from({ length: size }, (_, index) => document(start + index, 1)));
      await Promise.resolve();
    }
    console.log(
      `${count} documents of some 180 words: ${((count / indexMs) * 1_000).toFixed(0)} documents/s, ${(statSync(path).size / MEGABYTE).toFixed(0)} MB on disk, peak memory ${(process.resourceUsage().maxRSS / 1_000).toFixed(0)} MB`,
    );
    for (const [name, length] of [
      ['three words', 3],
      ['a question of ten words', 10],
    ] as const) {
      const times = Array.from({ length: Number(values.queries) }, () => {
        const started = performance.now();
        store.search({ text: words(length), limit: 10, earliest: null });
        return performance.now() - started;
      }).sort((a, b) => a - b);
      const at = (share: number): string =>
        (times[Math.ceil(times.length * share) - 1] ?? NaN).toFixed(1);
      console.log(`query, ${name.padEnd(24)} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
    }
    const changed = Math.max(1, Math.floor(count / 1_000));
    const files = Array.from({ length: count }, (_, index) => ({
      path: `folder${index % 100}/document${index}.md`,
      mtimeMs: index < changed ? 2 : 1,
      size: 1_000,
    }));
    const started = performance.now();
    const plan = store.plan(files, Date.now());
    const planMs = performance.now() - started;
    const updateMs = put(plan.changed.map((_, index) => document(index, 2)));
    console.log(
      `update: ${plan.changed.length} changed files found in ${planMs.toFixed(0)} ms, written in ${updateMs.toFixed(0)} ms`,
    );
  } finally {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
