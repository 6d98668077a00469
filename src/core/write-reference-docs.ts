import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-root.ts';
import { referenceMarkdown } from './reference-docs.ts';

writeFileSync(join(packageRoot, 'src/core/README.md'), referenceMarkdown());
