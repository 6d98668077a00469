import { describe, expect, it } from 'vitest';
import type { IndexProgress } from '../core/seams.ts';
import { TerminalText } from './terminal-text.ts';
import { indexLine, waitUntilIndexed } from './wait-until-indexed.ts';

const steps: IndexProgress[] = [
  { done: 0, total: null, secondsLeft: null },
  { done: 475, total: 1_900, secondsLeft: 40 },
  { done: 1_900, total: 1_900, secondsLeft: 1 },
];
const app = {
  prepare: (options: { readonly onProgress?: ((step: IndexProgress) => void) | undefined }) => {
    for (const step of steps) options.onProgress?.(step);
    return Promise.resolve();
  },
};
async function shown(isTTY: boolean): Promise<string> {
  let text = '';
  const stream = { isTTY, columns: 80, write: (more: string) => (text += more) };
  await waitUntilIndexed(app, stream, { signal: new AbortController().signal });
  return text;
}

describe('waiting until the folder is indexed', () => {
  it('draws how far it is, and clears the line', async () => {
    expect(indexLine(steps[1] as IndexProgress)).toBe(
      'indexing  [#####...............]  25 %  475 of 1,900 files  40 s left',
    );
    const text = await shown(true);
    expect(text).toContain('listing the files');
    expect(text).toContain('475 of 1,900 files');
    expect(text.endsWith(TerminalText.clearLine)).toBe(true);
  });

  it('says so once where no line can be redrawn', async () => {
    expect((await shown(false)).match(/waiting/gu)).toHaveLength(1);
  });
});
