/**
 * `npx tsx eval/bench/parity/parity.ts --model qwen2.5-coder-0.5b|smollm2-135m [--weights FILE] [--form int8]`
 * prints how closely the GLM engine follows llama.cpp on the same weights. With `--table` it prints the
 * table of forms on text of the frozen web instead (with `--cache-int8` on a KV cache of 8 bits), with
 * `--classes FORM` what each class of matrix costs.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../../src/core/config.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { ModelEngine } from '../../../generator/model-engine.ts';
import type { GlmForm } from '../../../generator/glm/matrix-form.ts';
import { weights } from '../../../test/weights.ts';
import { printClassTable, printFormatTable, type TableOptions } from './format-table.ts';
import { compareWithLlama } from './compare-llama.ts';
import { parityPrompts } from './parity-prompts.ts';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m' },
    weights: { type: 'string' },
    form: { type: 'string', default: 'int8' },
    table: { type: 'boolean', default: false },
    classes: { type: 'string' },
    forms: { type: 'string', default: '' },
    tokens: { type: 'string', default: '20000' },
    'cache-int8': { type: 'boolean', default: false },
    data: { type: 'string', default: join(packageRoot, '../shared/data/frozen-web-dev') },
    threads: { type: 'string' },
    'llama-python': { type: 'string' },
    cache: { type: 'string', default: join(tmpdir(), 'footnote-parity') },
  },
});
const path = values.weights ?? weights(values.model as 'smollm2-135m');
if (path === null)
  throw new Error(`${values.model}: run 'footnote models pull ${values.model}' or give --weights`);
const threads = Number(values.threads ?? loadConfig().threads);
const { signal } = new AbortController();
if (values.table || values.classes !== undefined) {
  const options: TableOptions = {
    weightsPath: path,
    name: values.model,
    cacheDir: values.cache,
    dataFolder: values.data,
    tokens: Number(values.tokens),
    cache: values['cache-int8'] ? 'int8' : undefined,
    threads,
    python: values['llama-python'],
    signal,
  };
  if (values.classes === undefined) {
    await printFormatTable(
      options,
      values.forms.split(',').filter((form) => form !== ''),
    );
  } else await printClassTable(options, values.classes);
} else await printParity(path);

async function printParity(weightsPath: string): Promise<void> {
  const engine = await ModelEngine.open({
    weightsPath,
    cacheDir: values.cache,
    threads: threads,
    device: 'cpu',
    form: values.form as GlmForm,
  });
  const rows = await compareWithLlama(engine, weightsPath, parityPrompts, signal);
  console.log(`${values.model}, ${values.form}: teacher-forced against llama.cpp`);
  console.log(
    'same top-1  positions  max |dlogp|  mean |dlogp|  mean KL  behind the first  ids  text',
  );
  for (const row of rows) {
    console.log(
      [
        (row.sameTop / row.positions).toFixed(3).padStart(10),
        String(row.positions).padStart(10),
        row.largestDifference.toFixed(3).padStart(12),
        row.meanDifference.toFixed(3).padStart(13),
        row.meanKl.toFixed(4).padStart(8),
        row.meanLaterKl.toFixed(4).padStart(17),
        row.sameTokens ? ' same' : ' DIFF',
        ` ${row.prompt.slice(0, 40).replaceAll('\n', ' ')}`,
      ].join(''),
    );
  }
  const total = (of: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((sum, row) => sum + of(row), 0);
  const positions = total((row) => row.positions);
  console.log(
    `all: top-1 ${(total((row) => row.sameTop) / positions).toFixed(3)} of ${positions} positions, ` +
      `max |dlogp| ${Math.max(...rows.map((row) => row.largestDifference)).toFixed(3)}, ` +
      `mean |dlogp| ${(total((row) => row.meanDifference * row.positions) / positions).toFixed(3)}, ` +
      `mean KL ${(total((row) => row.meanKl * row.positions) / positions).toFixed(4)}, ` +
      `behind the first token ${(total((row) => row.meanLaterKl * (row.positions - 1)) / (positions - rows.length)).toFixed(4)}, ` +
      `same ids in ${rows.filter((row) => row.sameTokens).length} of ${rows.length} texts`,
  );
  await engine.close();
}
