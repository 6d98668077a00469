/* oxlint-disable no-console -- a preparation reports on the terminal */
/**
 * Extracts the pages of `real-web-dev` and `docs-dev` once and finds the ten pages of each question as the
 * product would: the first set behind the stand-in search engine of the frozen web, the second through the
 * local full-text index. Writes one JSON line a question, with its documents, for `measure-nuggets.ts`:
 *
 *   npx tsx eval/bench/nuggets/collect-pages.ts --out DIR [--docs FOLDER] [--data ../shared/data]
 *
 * FOLDER is what `docs-dev/lay-out.sh` made; without it only the real web is prepared.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { extractDocument } from '../../../retriever/extract/extract-document.ts';
import { LocalIndexStore } from '../../../retriever/search/local-index-store.ts';
import { toFootnoteError } from '../../../src/core/errors.ts';
import type { Document } from '../../../src/core/nouns.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { readJsonLines } from '../../run/read-json-lines.ts';
import { pageSearch } from '../../suites/frozen-web/frozen-web-server.ts';
import type { NuggetQuestion, PreparedQuestion } from './nugget-questions.ts';

interface SavedPage {
  readonly id: string;
  readonly url: string;
  readonly html?: string;
  readonly html_base64?: string;
}

const PAGES = 10;
const FETCHED_AT = '2026-01-15T00:00:00Z';
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(packageRoot, '../shared/data') },
    docs: { type: 'string' },
    out: { type: 'string', default: '/tmp/footnote-nuggets' },
  },
});
mkdirSync(values.out, { recursive: true });

async function extracted(url: string, body: Uint8Array): Promise<Document | null> {
  try {
    return await extractDocument({
      url,
      finalUrl: url,
      status: 200,
      contentType: 'text/html',
      body,
      fetchedAt: FETCHED_AT,
      rendered: false,
      lastModified: null,
    });
  } catch (error) {
    console.error(`${url}: ${toFootnoteError(error).message}`);
    return null;
  }
}

function write(name: string, rows: readonly PreparedQuestion[]): void {
  const path = join(values.out, `${name}.jsonl`);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  console.log(`${rows.length} questions in ${path}`);
}

const questionsOf = (name: string): NuggetQuestion[] =>
  readJsonLines<NuggetQuestion>(join(values.data, name, 'questions.jsonl.gz'));

async function realWeb(): Promise<void> {
  const folder = join(values.data, 'extraction-dev');
  const documents = new Map<string, Document>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.jsonl.gz'))) {
    for (const page of readJsonLines<SavedPage>(join(folder, name))) {
      const body =
        page.html === undefined
          ? Buffer.from(page.html_base64 ?? '', 'base64')
          : Buffer.from(page.html, 'utf8');
      // Pages of one set share a placeholder for their address.
      const document = await extracted(`http://real.example/${page.id}`, body);
      if (document !== null) documents.set(page.id, document);
    }
  }
  const search = pageSearch(
    [...documents].map(([page_id, { title, language, text }]) => ({
      page_id,
      title,
      lang: language,
      source: 'real-web',
      paragraphs: text
        .split('\n\n')
        .map((paragraph, at) => ({ para_id: `${at}`, text: paragraph })),
    })),
  );
  write(
    'real-web',
    questionsOf('real-web-dev').map((question) => ({
      ...question,
      documents: search(question.question).flatMap(({ page_id }) => documents.get(page_id) ?? []),
    })),
  );
}

function htmlFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return htmlFiles(path);
    return name.endsWith('.html') ? [path] : [];
  });
}

async function documentation(root: string): Promise<void> {
  const store = new LocalIndexStore(join(values.out, 'docs-index.db'));
  const documents = new Map<string, Document>();
  for (const path of htmlFiles(root)) {
    const document = await extracted(pathToFileURL(path).href, readFileSync(path));
    if (document === null) continue;
    const name = relative(root, path);
    documents.set(name, document);
    const { title, text, language, publishedAt, site } = document;
    const entry = { path: name, title, text, language, publishedAt, site };
    store.put([{ ...entry, mtimeMs: 0, size: text.length, failure: null }], 0);
  }
  write(
    'docs',
    questionsOf('docs-dev').map((question) => ({
      ...question,
      documents: store
        .search({ text: question.question, limit: PAGES, earliest: null })
        .flatMap(({ path }) => documents.get(path) ?? []),
    })),
  );
  store.close();
}

await realWeb();
if (values.docs !== undefined) await documentation(values.docs);
