import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  // `package.json` stands two folders up from src/core and three from dist/src/core.
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('footnote: package.json not found above the program');
    folder = parent;
  }
  return folder;
}

/** Absolute path of the checkout: data files (weights as JSON, sample pages, prompts) are read from here. */
export const packageRoot: string = findRoot();

/** The version of this checkout, from its `package.json`. */
export const packageVersion: string = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
).version;
