/** The built program over a folder of the user's own files: no network, answers that cite those files. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../src/core/nouns.ts';
import { packageRoot } from '../src/core/package-root.ts';
import { answerSchema } from '../src/http/schemas.ts';
import { runFootnote, TEST_CACHE } from './footnote-process.ts';
import { weights } from './weights.ts';

const ready = weights('smollm2-135m') !== null && weights('multilingual-e5-small') !== null;
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'footnote-corpus-')));
const corpus = join(folder, 'corpus');
const PDF = 'annual-report-2024.pdf';

beforeAll(() => {
  mkdirSync(join(corpus, 'notes'), { recursive: true });
  copyFileSync(join(packageRoot, 'src/sample-web/pages/everyday-museum', PDF), join(corpus, PDF));
  writeFileSync(
    join(corpus, 'notes/ferry.html'),
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The Hollin ferry</title></head>
<body><nav><a href="/">Home</a></nav><main><article><h1>The Hollin ferry</h1>
<p>The Hollin ferry crosses the estuary eleven times a day. The crossing takes 25 minutes in calm weather.</p>
<p>The boat was launched in 1987 and carries 140 passengers. Bicycles travel free of charge.</p></article></main></body></html>`,
  );
  writeFileSync(
    join(corpus, '水库.md'),
    `# 青石水库\n\n青石水库位于云溪县北部，水面面积为32平方公里。水库最深处为86米。\n\n## 建设\n\n青石水库的大坝于1972年建成，高度为74米。建设大坝用了六年时间。\n`,
  );
  writeFileSync(
    join(corpus, 'bees.txt'),
    'The beekeepers of Marlow Green keep 46 hives.\n\nTheir honey is sold at the market on the first Saturday of each month.\n',
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  // The models converted for all tests stay; the index of this folder is of no more use.
  const key = createHash('sha256').update(corpus).digest('hex').slice(0, 16);
  for (const end of ['', '-wal', '-shm']) {
    rmSync(join(TEST_CACHE, 'local-index', `${key}.db${end}`), { force: true });
  }
});

async function ask(question: string): Promise<Answer> {
  const { code, stdout, stderr } = await runFootnote(['ask', '--json', question], {
    env: {
      FOOTNOTE_SEARCH: 'local',
      FOOTNOTE_CORPUS_DIR: corpus,
      FOOTNOTE_GENERATOR: 'smollm2-135m',
      FOOTNOTE_CACHE_DIR: TEST_CACHE,
      FOOTNOTE_SEARCH_TIMEOUT_MS: '60000',
      FOOTNOTE_PAGE_TIMEOUT_MS: '30000',
      FOOTNOTE_PAGES_TIMEOUT_MS: '30000',
    },
  });
  expect(code, stderr).toBe(0);
  return answerSchema.parse(JSON.parse(stdout));
}

/** Every citation must be a quote from a file of the corpus. */
function checkFiles(answer: Answer): void {
  expect(answer.references.length).toBeGreaterThan(0);
  for (const { url } of answer.references) {
    expect(fileURLToPath(url).startsWith(`${corpus}/`)).toBe(true);
  }
  for (const { citations } of answer.sentences) {
    expect(citations.length).toBeGreaterThan(0);
    for (const { reference, start, end, quote } of citations) {
      const cited = answer.references.find(({ number }) => number === reference);
      expect(cited?.text.slice(start, end)).toBe(quote);
    }
  }
}

const citedFiles = (answer: Answer): Set<string> =>
  new Set(
    answer.sentences.flatMap(({ citations }) =>
      citations.map(({ reference }) =>
        fileURLToPath(
          answer.references.find(({ number }) => number === reference)?.url ?? 'file:///none',
        ).slice(corpus.length + 1),
      ),
    ),
  );

describe.skipIf(!ready)('a folder of files (needs smollm2-135m and multilingual-e5-small)', () => {
  // On a busy machine a first question may be answered before the whole folder has been read.
  beforeAll(() => ask('What is in this folder?'), 180_000);

  it.each([
    ['HTML', 'How many passengers does the Hollin ferry carry?', /\b140\b/u, 'notes/ferry.html'],
    ['Markdown, in Chinese', '青石水库的大坝是哪一年建成的？', /1972/u, '水库.md'],
    ['plain text', 'How many hives do the beekeepers of Marlow Green keep?', /\b46\b/u, 'bees.txt'],
    [
      'a PDF',
      'How many visitors did the Museum of Everyday Inventions count in 2024?',
      /187,450/u,
      PDF,
    ],
  ])('answers from %s', { timeout: 180_000 }, async (_, question, wanted, file) => {
    const answer = await ask(question);
    checkFiles(answer);
    expect(answer).toMatchObject({ abstained: false });
    expect(answer.answer).toMatch(wanted);
    expect(citedFiles(answer)).toContain(file);
  });
});
