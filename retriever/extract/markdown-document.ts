import { marked } from 'marked';
import type { TextBlock } from './assemble-text.ts';
import { fragmentBlocks } from './html-document.ts';

const MAX_CHARS = 2_000_000;

export interface MarkdownParts {
  readonly blocks: readonly TextBlock[];
  /** Simple `key: value` lines of YAML or TOML front matter, keys in lower case. */
  readonly frontMatter: ReadonlyMap<string, string>;
}

/** Markdown (CommonMark and tables, by marked) to blocks: markup gone, code verbatim. */
export function markdownParts(source: string): MarkdownParts {
  const frontMatter = new Map<string, string>();
  let body = source.slice(0, MAX_CHARS).replace(/\r\n?/gu, '\n');
  const front = /^\uFEFF?(---|\+\+\+)[ \t]*\n([^]{0,20000}?)\n\1[ \t]*(?:\n|$)/u.exec(body);
  if (front !== null) {
    body = body.slice(front[0].length);
    for (const line of front[2]!.split('\n')) {
      const pair = /^([\w-]+)\s*[:=](.+)$/u.exec(line);
      if (pair !== null)
        frontMatter.set(pair[1]!.toLowerCase(), pair[2]!.trim().replace(/^(["'])(.*)\1$/u, '$2'));
    }
  }
  const html = marked.parse(body, { async: false, gfm: true });
  return { blocks: fragmentBlocks(html), frontMatter };
}
