/**
 * The format table: each form of the weights against llama.cpp and against our own float32 on text of the
 * frozen web (`npm run parity -- --table [--forms int8,int4] [--tokens 20000]`), or what each class of
 * matrix adds to a form's error (`--classes int8`). References are computed once and kept on disk.
 */
import { join } from 'node:path';
import { ModelEngine } from '../../../generator/model-engine.ts';
import { readGlmLayout } from '../../../generator/glm/convert-glm.ts';
import {
  baseForms,
  matrixClasses,
  parseGlmForm,
  type GlmForm,
  type MatrixClass,
  type MatrixForm,
} from '../../../generator/glm/matrix-form.ts';
import { addDivergence, noDivergence, type Divergence } from './compare-records.ts';
import {
  newRecord,
  readRecord,
  recordLogits,
  writeRecord,
  type DistributionRecord,
} from './distribution-record.ts';
import { mostOfClass, recommendForm } from './recommend-form.ts';
import { forEachLlamaRecord } from './llama-reference.ts';
import { referenceWindows, type Window } from './reference-windows.ts';

export interface TableOptions {
  readonly weightsPath: string;
  /** Names the weights among the records kept. */
  readonly name: string;
  /** Folder for converted weights and records. */
  readonly cacheDir: string;
  readonly dataFolder: string;
  readonly tokens: number;
  /** Of the forms compared; references have the whole one. */
  readonly cache: 'int8' | undefined;
  readonly threads: number;
  /** A Python that has llama-cpp-python. */
  readonly python: string | undefined;
  readonly signal: AbortSignal;
}

const exact = 'float32';

async function openForm(
  options: TableOptions,
  form: GlmForm,
  cache?: 'int8',
): Promise<ModelEngine> {
  return ModelEngine.open({
    cache,
    weightsPath: options.weightsPath,
    cacheDir: options.cacheDir,
    threads: options.threads,
    device: 'cpu',
    form,
  });
}

async function recordWindow(
  engine: ModelEngine,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<DistributionRecord> {
  const record = newRecord(ids);
  await engine.decoder.forEachLogits(ids, signal, (position, logits) => {
    recordLogits(record, position, logits);
  });
  return record;
}

/** Records of our float32 form, made where they are missing. */
async function exactRecords(
  options: TableOptions,
  windows: readonly Window[],
): Promise<DistributionRecord[]> {
  const folder = join(options.cacheDir, 'records');
  const name = `${options.name}-${exact}`;
  const found = windows.map(({ ids }) => readRecord(folder, name, ids));
  if (found.every((record) => record !== null)) return found;
  const engine = await openForm(options, exact);
  try {
    const records: DistributionRecord[] = [];
    for (const [index, { ids }] of windows.entries()) {
      let record = found[index] ?? null;
      if (record === null) {
        record = await recordWindow(engine, ids, options.signal);
        writeRecord(folder, name, record);
      }
      records.push(record);
    }
    return records;
  } finally {
    await engine.close();
  }
}

async function windowsOf(options: TableOptions): Promise<Window[]> {
  const engine = await openForm(options, 'int8');
  const windows = referenceWindows(options.dataFolder, options.tokens, (text) =>
    engine.tokenizer.encode(text),
  );
  await engine.close();
  return windows;
}

const megabytes = (modelPath: string): string =>
  (
    Object.values(readGlmLayout({ modelPath })).reduce((sum, { length }) => sum + length, 0) / 1e6
  ).toFixed(0);
const mean = ({ kl, positions }: Divergence): string => (kl / positions).toFixed(4);
const top = ({ sameTop, positions }: Divergence): string => (sameTop / positions).toFixed(3);
const perplexityRatio = ({ nll, referenceNll, positions }: Divergence): string =>
  Math.exp((nll - referenceNll) / positions).toFixed(4);

/** Prints the table. `forms` empty: all named ones. */
export async function printFormatTable(
  options: TableOptions,
  forms: readonly string[],
): Promise<void> {
  const wanted = (forms.length === 0 ? baseForms : forms).map(parseGlmForm);
  const windows = await windowsOf(options);
  const theirs: DistributionRecord[] = [];
  await forEachLlamaRecord(
    { ...options, folder: join(options.cacheDir, 'records'), name: `${options.name}-llama` },
    windows.map(({ ids }) => ids),
    (_, record) => {
      theirs.push(record);
    },
  );
  const ours = await exactRecords(options, windows);
  const tokens = windows.reduce((sum, { ids }) => sum + ids.length, 0);
  console.log(
    `${options.name}: ${tokens} tokens in ${windows.length} windows, half English, half Chinese`,
  );
  console.log(
    '| form | MB | KL to llama.cpp (en, zh) | same top-1 | perplexity / llama.cpp | KL to float32 | same top-1 |',
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const form of wanted) {
    const engine = await openForm(options, form, options.cache);
    const toLlama = { en: noDivergence(), zh: noDivergence(), all: noDivergence() };
    const toExact = noDivergence();
    for (const [index, { ids, language }] of windows.entries()) {
      const record = await recordWindow(engine, ids, options.signal);
      const their = theirs[index] as DistributionRecord;
      addDivergence(toLlama.all, their, record);
      addDivergence(toLlama[language], their, record);
      addDivergence(toExact, ours[index] as DistributionRecord, record);
    }
    const { all, en, zh } = toLlama;
    console.log(
      `| ${form} | ${megabytes(engine.modelPath)} | ${mean(all)} (${mean(en)}, ${mean(zh)}) | ${top(all)} | ` +
        `${perplexityRatio(all)} | ${mean(toExact)} | ${top(toExact)} |`,
    );
    await engine.close();
  }
}

/** Prints what each class of matrix alone in `form`, all others in float32, costs. */
export async function printClassTable(options: TableOptions, form: string): Promise<void> {
  const windows = await windowsOf(options);
  const ours = await exactRecords(options, windows);
  console.log(`| in ${form}, the rest float32 | KL to float32 | same top-1 |`);
  console.log('|---|---|---|');
  const measured = new Map<MatrixClass, number>();
  for (const matrix of matrixClasses) {
    const mixed = parseGlmForm(`${exact}+${matrix}=${form}`);
    const engine = await openForm(options, mixed);
    const sum = noDivergence();
    for (const [index, { ids }] of windows.entries()) {
      addDivergence(
        sum,
        ours[index] as DistributionRecord,
        await recordWindow(engine, ids, options.signal),
      );
    }
    console.log(`| ${matrix} | ${mean(sum)} | ${top(sum)} |`);
    measured.set(matrix, sum.kl / sum.positions);
    await engine.close();
  }
  console.log(
    `with at most ${mostOfClass} a class: ${recommendForm(form as MatrixForm, measured)}`,
  );
}
