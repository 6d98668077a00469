import type { Heading } from '../../src/core/nouns.ts';
import type { Block } from './page-blocks.ts';

export interface AssembledText {
  readonly text: string;
  readonly headings: readonly Heading[];
}

export type TextBlock = Pick<Block, 'kind' | 'text' | 'level'>;

/** Longer documents are cut at a block's end: nothing downstream reads more. */
const MAX_CHARS = 600_000;

/**
 * Joins blocks into a document's text: blocks separated by one blank line, list items and table rows
 * among them. Headings with nothing below them are left out; the others are recorded with
 * their offsets (`text.slice(start, end)` is the heading).
 */
export function assembleText(blocks: readonly TextBlock[]): AssembledText {
  const kept = withoutEmptySections(blocks.filter((block) => block.text !== ''));
  const headings: Heading[] = [];
  let text = '';
  for (const block of kept) {
    if (text.length + block.text.length > MAX_CHARS) {
      // One block longer than the whole allowance is cut; otherwise the document ends here.
      if (text === '') text = block.text.slice(0, MAX_CHARS).trimEnd();
      break;
    }
    if (text !== '') text += '\n\n';
    const start = text.length;
    // Each row of a table can be quoted alone.
    text += block.kind === 'row' ? block.text.replaceAll('\n', '\n\n') : block.text;
    if (block.kind === 'heading') {
      headings.push({ level: Math.max(1, block.level), start, end: text.length });
    }
  }
  return { text, headings };
}

/** Drops headings that nothing follows before the next heading of the same or a higher level. */
function withoutEmptySections(blocks: readonly TextBlock[]): readonly TextBlock[] {
  return blocks.filter((block, index) => {
    if (block.kind !== 'heading') return true;
    const next = blocks[index + 1];
    return next !== undefined && (next.kind !== 'heading' || next.level > block.level);
  });
}
