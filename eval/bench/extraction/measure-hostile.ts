/**
 * What hostile pages cost the extractor as it is served (child processes, their deadline, their heap):
 * `npx tsx eval/bench/extraction/measure-hostile.ts [--only PATTERN] [--timeout MS]`. For each page: what came of it, wall time,
 * the CPU time and the peak resident memory of the child that read it, and whether the next page was
 * read. Each page gets a fresh child, warmed by a common page, so that the peak is its own. The aim: a
 * typed error or a document within 2 s of CPU and 300 MB. Linux only (it reads `/proc`).
 */
import { readFileSync } from 'node:fs';
import type { FetchedPage } from '../../../src/core/nouns.ts';
import { FootnoteError } from '../../../src/core/errors.ts';
import { ChildExtractor } from '../../../retriever/extract/child-extractor.ts';
import { HOSTILE_PAGES, HOSTILE_PROSE } from '../../../retriever/extract/hostile-pages.ts';

interface Usage {
  readonly cpuMs: number;
  readonly peakMb: number;
}

/** CPU time and peak resident memory of a process so far; null when it has ended. */
function usageOf(pid: number): Usage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // Ticks are hundredths of a second on every Linux that Node runs on.
    return {
      cpuMs: (Number(stat[11]) + Number(stat[12])) * 10,
      peakMb: Number(/VmHWM:\s+(\d+)/u.exec(status)?.[1] ?? 0) / 1024,
    };
  } catch {
    return null;
  }
}

function page(body: Uint8Array, contentType: string): FetchedPage {
  const url = 'https://example.org/page';
  return {
    url,
    finalUrl: url,
    status: 200,
    contentType,
    body,
    fetchedAt: '2026-01-01T00:00:00Z',
    rendered: false,
    lastModified: null,
  };
}

const only = process.argv[process.argv.indexOf('--only') + 1] ?? '';
const chosen = process.argv.includes('--only')
  ? HOSTILE_PAGES.filter(({ name }) => new RegExp(only, 'u').test(name))
  : HOSTILE_PAGES;
const common = page(Buffer.from(`<p>${HOSTILE_PROSE.repeat(6)}</p>`), 'text/html');

// On a busy machine the deadline cuts pages off that take little CPU: a longer one shows how much.
const timeout = process.argv.indexOf('--timeout');
const pageTimeoutMs = timeout < 0 ? {} : { pageTimeoutMs: Number(process.argv[timeout + 1]) };

console.log('page | result | wall ms | CPU ms | peak MB (before) | next page');
for (const { name, contentType, make } of chosen) {
  const extractor = new ChildExtractor({ size: 1, ...pageTimeoutMs });
  const signal = (): AbortSignal => AbortSignal.timeout(120_000);
  await extractor.warmUp({ signal: signal() });
  const pid = extractor.pids[0] ?? 0;
  const before = usageOf(pid);
  let last = before;
  // A killed child takes its figures with it.
  const watch = setInterval(() => {
    last = usageOf(pid) ?? last;
  }, 20);
  const body = make();
  const started = performance.now();
  const result = await extractor
    .extract(page(body, contentType), { signal: signal() })
    .then(({ text }) => `${text.length} characters`)
    .catch((error: unknown) =>
      error instanceof FootnoteError ? error.code : `THREW ${String(error)}`,
    );
  const wall = performance.now() - started;
  last = usageOf(pid) ?? last;
  clearInterval(watch);
  const after = await extractor
    .extract(common, { signal: signal() })
    .then(({ text }) => (text.includes('The old mill stood') ? 'read' : 'WRONG'))
    .catch((error: unknown) => `FAILED ${String(error)}`);
  console.log(
    `${name} | ${result} | ${wall.toFixed(0)} | ${(last?.cpuMs ?? 0) - (before?.cpuMs ?? 0)} | ${last?.peakMb.toFixed(0)} (${before?.peakMb.toFixed(0)}) | ${after}`,
  );
  await extractor.close();
}
