import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/core/package-root.ts';

/** The product token that robots.txt files may name. */
export const ROBOTS_AGENT = 'footnote';

const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly homepage?: string;
};

/** Says who is asking and how to keep us out. */
export const USER_AGENT = `${ROBOTS_AGENT}/${manifest.version.replace(/\.\d+$/u, '')} (+${
  manifest.homepage ?? 'answer engine run by its user; obeys robots.txt as "footnote"'
})`;
