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

/** Items in the order of a hash of their id, so that no run can choose. */
function inFixedOrder<Item>(items: readonly Item[], id: (item: Item) => string): Item[] {
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
    .map(([, item]) => item);
}

/** A fixed sample: the first of `inFixedOrder`; all items, in their own order, without a limit. */
export function fixedSample<Item>(
  items: readonly Item[],
  id: (item: Item) => string,
  limit: number | undefined,
): Item[] {
  if (limit === undefined || limit >= items.length) return [...items];
  return inFixedOrder(items, id).slice(0, limit);
}

/**
 * A fixed sample in which each kind has its share: of each kind, rows in their fixed order, taken from
 * the kinds in turn by how far behind its share each one is.
 */
export function stratifiedSample<Item>(
  items: readonly Item[],
  of: { readonly id: (item: Item) => string; readonly kind: (item: Item) => string },
  limit: number | undefined,
): Item[] {
  if (limit === undefined || limit >= items.length) return [...items];
  const kinds = new Map<string, Item[]>();
  for (const item of inFixedOrder(items, of.id)) {
    kinds.set(of.kind(item), [...(kinds.get(of.kind(item)) ?? []), item]);
  }
  const groups = [...kinds]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, left]) => ({ all: left.length, left, taken: 0 }));
  const sample: Item[] = [];
  while (sample.length < limit) {
    const [behind] = groups
      .filter(({ left }) => left.length > 0)
      .toSorted((a, b) => (a.taken + 0.5) / a.all - (b.taken + 0.5) / b.all);
    const item = behind?.left.shift();
    if (behind === undefined || item === undefined) break;
    behind.taken += 1;
    sample.push(item);
  }
  return sample;
}
