import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from './package-root.ts';
import { referenceMarkdown } from './reference-docs.ts';

it('the written reference is that of the tables (`npm run docs` writes it)', () => {
  expect(readFileSync(join(packageRoot, 'src/core/README.md'), 'utf8')).toBe(referenceMarkdown());
});
