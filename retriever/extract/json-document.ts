import { FootnoteError } from '../../src/core/errors.ts';
import type { TextBlock } from './assemble-text.ts';
import { fragmentBlocks } from './html-document.ts';
import { normaliseLine } from './normalise-text.ts';

const MAX_STRINGS = 5_000;

export interface JsonParts {
  readonly title: string | null;
  readonly blocks: readonly TextBlock[];
}

/**
 * The string values of a JSON document that are worth reading: prose, in document order; HTML inside
 * strings becomes text; URLs, ids and codes are left out.
 * @throws FootnoteError `extract-failed` when it is not JSON (JSON Lines are read too)
 */
export function jsonParts(source: string): JsonParts {
  let root: unknown;
  try {
    root = JSON.parse(source);
  } catch {
    try {
      root = source
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => JSON.parse(line) as unknown);
    } catch (error) {
      throw new FootnoteError('extract-failed', 'the document is not valid JSON', {
        stage: 'extract',
        cause: error,
      });
    }
  }
  const blocks: TextBlock[] = [];
  let title: string | null = null;
  // A stack, not recursion: JSON may nest deeper than the call stack.
  const stack: { readonly key: string; readonly value: unknown }[] = [{ key: '', value: root }];
  for (
    let item = stack.pop();
    item !== undefined && blocks.length < MAX_STRINGS;
    item = stack.pop()
  ) {
    const { key, value } = item;
    if (typeof value === 'string') {
      if (title === null && /^(?:title|headline|name|subject)$/iu.test(key) && value.length < 300)
        title = normaliseLine(value);
      if (/<(?:p|div|br|li|h\d|a|b|i|em|strong)\b/iu.test(value))
        blocks.push(...fragmentBlocks(value));
      else if (isProse(value))
        blocks.push({ kind: 'paragraph', level: 0, text: normaliseLine(value) });
    } else if (Array.isArray(value)) {
      for (let index = value.length - 1; index >= 0; index -= 1)
        stack.push({ key, value: value[index] });
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value).toReversed())
        stack.push({ key: name, value: inner });
    }
  }
  return { title, blocks };
}

function isProse(value: string): boolean {
  const text = value.trim();
  if (/^(?:https?:|data:|\/)\S*$/iu.test(text)) return false;
  if (/\p{Script=Han}{4,}/u.test(text)) return true;
  return text.length >= 16 && /\S\s+\S+\s+\S/u.test(text);
}
