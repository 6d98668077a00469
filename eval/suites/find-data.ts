import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FootnoteError } from '../../src/core/errors.ts';

/**
 * The file a suite reads: the given one, or the one in the given folder, or in a folder in it, whose name
 * matches. Parts of a data set are told apart by their folders' names, so the pattern sees `folder/file`.
 * @throws FootnoteError `bad-request` when there is none, or more than one
 */
export function findData(path: string, pattern: RegExp): string {
  if (!existsSync(path)) throw new FootnoteError('bad-request', `--data ${path} does not exist`);
  if (!statSync(path).isDirectory()) return path;
  const names = readdirSync(path).flatMap((name) => {
    const inner = join(path, name);
    if (!statSync(inner).isDirectory()) return [name];
    return readdirSync(inner).map((one) => `${name}/${one}`);
  });
  const found = names.filter((name) => pattern.test(name));
  const [only] = found;
  if (only !== undefined && found.length === 1) return join(path, only);
  const what = found.length === 0 ? 'no file' : `${found.length} files (${found.join(', ')})`;
  throw new FootnoteError(
    'bad-request',
    `--data ${path} holds ${what} like ${pattern.source}; name the file`,
  );
}

/** A fixed sample: items in the order of a hash of their id, so that no run can choose. */
export function fixedSample<Item>(
  items: readonly Item[],
  id: (item: Item) => string,
  limit: number | undefined,
): Item[] {
  if (limit === undefined || limit >= items.length) return [...items];
  return items
    .map(
      (item) =>
        [
          createHash('sha256')
            .update(`footnote ${id(item)}`)
            .digest('hex'),
          item,
        ] as const,
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([, item]) => item);
}
