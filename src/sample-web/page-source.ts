/**
 * The compact source of the sample web's pages: one Markdown file a page under `pages/<site>/`, a
 * head of `name: value` lines, a blank line, the article, and after a line `%%%` the readers'
 * comments. Read once, on the first request.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../core/package-root.ts';

export interface SamplePage {
  /** Folder and first part of the path. */
  readonly site: string;
  /** Path on the server, `/<site>/<slug>`. */
  readonly path: string;
  /** Path under which search lists the page; differs from `path` for a page that has moved. */
  readonly listedPath: string;
  readonly title: string;
  readonly author: string;
  /** ISO 8601 date of first publication. */
  readonly date: string;
  /** ISO 8601 date of the last change, or `date`. */
  readonly updated: string;
  readonly section: string;
  readonly summary: string;
  /** Label and value pairs for a wiki's fact box. */
  readonly info: readonly (readonly [string, string])[];
  /** The article, in a small subset of Markdown. */
  readonly body: string;
  readonly comments: readonly { readonly name: string; readonly text: string }[];
  /** IANA name of the charset the page is sent in. */
  readonly charset: string;
  /** Milliseconds the server waits before it answers. */
  readonly delayMs: number;
  /** True for a page whose content is put in by a script in the browser. */
  readonly scripted: boolean;
  /** False where robots.txt forbids the page. */
  readonly robotsAllowed: boolean;
  /** Name of the file that is sent in place of rendered HTML, or null. */
  readonly file: string | null;
}

/** Folder of the sources. */
export const pagesFolder: string = join(packageRoot, 'src', 'sample-web', 'pages');

let loaded: readonly SamplePage[] | undefined;

/** All pages in a stable order. Throws what `node:fs` throws when the folder is missing. */
export function samplePages(): readonly SamplePage[] {
  loaded ??= readdirSync(pagesFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((site) =>
      readdirSync(join(pagesFolder, site.name))
        .filter((name) => name.endsWith('.md'))
        .map((name) =>
          parsePage(
            site.name,
            name.slice(0, -3),
            readFileSync(join(pagesFolder, site.name, name), 'utf8'),
          ),
        ),
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return loaded;
}

function parsePage(site: string, slug: string, source: string): SamplePage {
  const gap = source.indexOf('\n\n');
  const head = new Map(
    source
      .slice(0, gap)
      .split('\n')
      .map((line) => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)] as const;
      }),
  );
  const field = (name: string): string => head.get(name) ?? '';
  const [body = '', comments = ''] = source.slice(gap + 2).split('\n%%%\n');
  const file = head.get('file') ?? null;
  const path = `/${site}/${file ?? slug}`;
  return {
    site,
    path,
    listedPath: head.get('listed_as') ?? path,
    title: field('title'),
    author: field('author'),
    date: field('date'),
    updated: head.get('updated') ?? field('date'),
    section: field('section'),
    summary: field('summary'),
    info: field('info')
      .split(' | ')
      .filter((pair) => pair.includes('='))
      .map((pair) => {
        const sign = pair.indexOf('=');
        return [pair.slice(0, sign), pair.slice(sign + 1)] as const;
      }),
    body: body.trim(),
    comments: comments
      .split('\n')
      .filter((line) => line.includes(': '))
      .map((line) => {
        const colon = line.indexOf(': ');
        return { name: line.slice(0, colon), text: line.slice(colon + 2) };
      }),
    charset: head.get('charset') ?? 'utf-8',
    delayMs: Number(head.get('delay') ?? 0),
    scripted: head.get('script') === 'true',
    robotsAllowed: head.get('robots') !== 'disallow',
    file,
  };
}

/** The article as plain text, blocks separated by blank lines: what the search index reads. */
export function plainText(page: SamplePage): string {
  return page.body
    .replace(/^(?:#+|@@|\d+\.) /gmu, '')
    .replace(/^\|(.*)\|$/gmu, (_row, cells: string) => cells.replaceAll('|', ','))
    .replace(/[*`]/gu, '');
}
