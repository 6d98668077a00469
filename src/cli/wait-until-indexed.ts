/** `footnote ask` over a folder that is not all indexed yet: waits for the rest and shows how far it is. */
import type { App } from '../app.ts';
import type { CallOptions, IndexProgress } from '../core/seams.ts';
import type { ProgressStream } from '../runtime/models/progress-line.ts';
import { fitText, TerminalText } from './terminal-text.ts';

const BAR_CELLS = 20;

/** @throws FootnoteError `cancelled`, `config-invalid` for a folder that is not there */
export async function waitUntilIndexed(
  app: Pick<App, 'prepare'>,
  stream: ProgressStream,
  { signal }: CallOptions,
): Promise<void> {
  const terminal = stream.isTTY === true;
  let told = false;
  await app.prepare({
    signal,
    onProgress: (progress) => {
      if (terminal) {
        const line = fitText(indexLine(progress), Math.max(20, stream.columns || 80) - 1);
        stream.write(`${TerminalText.clearLine}${line}`);
      } else if (!told) {
        stream.write(
          'waiting until the folder is indexed (--no-wait answers from what is there)\n',
        );
      }
      told = true;
    },
  });
  if (told && terminal) stream.write(TerminalText.clearLine);
}

/** `indexing  [#####...............]  25 %  475 of 1,900 files  40 s left` */
export function indexLine({ done, total, secondsLeft }: IndexProgress): string {
  if (total === null) return 'indexing: listing the files …';
  const share = total === 0 ? 1 : done / total;
  const cells = Math.round(share * BAR_CELLS);
  const count = (files: number): string => files.toLocaleString('en');
  return [
    'indexing',
    `[${'#'.repeat(cells)}${'.'.repeat(BAR_CELLS - cells)}]`,
    `${Math.floor(share * 100)} %`,
    `${count(done)} of ${count(total)} files`,
    ...(secondsLeft === null ? [] : [`${secondsLeft} s left`]),
  ].join('  ');
}
