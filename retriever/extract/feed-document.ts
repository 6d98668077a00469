import { load } from 'cheerio/slim';
import type { TextBlock } from './assemble-text.ts';
import { fragmentBlocks } from './html-document.ts';
import { normaliseLine } from './normalise-text.ts';

export interface FeedParts {
  readonly title: string | null;
  readonly blocks: readonly TextBlock[];
}

const MAX_CHARS = 3_000_000;

/** RSS, RDF and Atom: each item a heading and its text. Other XML: the text of its elements. */
export function xmlParts(source: string): FeedParts {
  const $ = load(source.slice(0, MAX_CHARS), { xmlMode: true });
  const items = $('item, entry').toArray().slice(0, 300);
  const title = normaliseLine(
    $('channel > title, feed > title').first().text() || $('title').first().text(),
  );
  const blocks: TextBlock[] = [];
  for (const item of items) {
    const heading = normaliseLine(stripTags($(item).children('title').first().text()));
    const body = ['content\\:encoded', 'content', 'description', 'summary']
      .map((name) => $(item).children(name).first().text())
      .find((value) => value.trim() !== '');
    if (heading !== '') blocks.push({ kind: 'heading', level: 2, text: heading });
    if (body !== undefined) blocks.push(...fragmentBlocks(body));
  }
  if (items.length === 0) {
    $('*').each((_, element) => {
      const own = normaliseLine(
        $(element)
          .contents()
          .filter((_index, node) => ['text', 'cdata'].includes(node.type))
          .text(),
      );
      if (own !== '') blocks.push({ kind: 'paragraph', level: 0, text: own });
    });
  }
  return { title: title === '' ? null : title, blocks };
}

function stripTags(value: string): string {
  return value.includes('<')
    ? fragmentBlocks(value)
        .map((block) => block.text)
        .join(' ')
    : value;
}
