/**
 * `npm run bench -- generation [--quick] [--native] …`: our engine, llama.cpp and transformers.js on the same
 * weights with the same threads, each in its own process. In every round each program does the same task,
 * one after the other in turning order, so that noise hits all alike; medians over the rounds are printed,
 * with ratios and with what the machine's memory and arithmetic allow.
 */
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ModelEngine } from '../../../generator/model-engine.ts';
import { readGlmLayout } from '../../../generator/glm/convert-glm.ts';
import { parseGlmForm } from '../../../generator/glm/matrix-form.ts';
import { packageRoot } from '../../../src/core/package-root.ts';
import { weights } from '../../../test/weights.ts';
import { citedPrompts } from './cited-prompts.ts';
import { decodeRate, firstTokenMs, median, tokensMs, type Sample } from './bench-figures.ts';
import { measureRoof } from './machine-roof.ts';
import { nativeLlama } from './native-llama.ts';
import { startSubject, type RunningSubject } from './subjects/open-subject.ts';
import type { SubjectOptions, Task } from './subjects/subject.ts';
import { subjectNames, type SubjectName } from './subjects/subject-child.ts';

/** About what an answer's first sentence has. */
const sentenceTokens = 24;

interface BenchTask {
  readonly name: string;
  /** What is printed: milliseconds (less is better) or tokens a second. */
  readonly measure: 'first' | 'sentence' | 'total' | 'rate';
  readonly task: (round: number) => Task;
  /** Programs that cannot do it. */
  readonly without?: readonly SubjectName[];
}

/** Runs the bench with command-line options. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string', default: 'qwen2.5-coder-0.5b' },
      weights: { type: 'string' },
      threads: { type: 'string', default: String(Math.min(8, availableParallelism())) },
      form: { type: 'string', default: 'int8' },
      /** KV cache of our own engine: `full` or `int8`. */
      kv: { type: 'string', default: 'full' },
      'transformers-form': { type: 'string', default: 'int4' },
      subjects: { type: 'string', default: 'footnote,llama,transformers' },
      native: { type: 'boolean', default: false },
      'native-python': { type: 'string' },
      contexts: { type: 'string', default: '64,512,2048' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      data: { type: 'string', default: join(packageRoot, '../shared/data/frozen-web-dev') },
      cache: { type: 'string', default: join(tmpdir(), 'footnote-parity') },
    },
  });
  const weightsPath = values.weights ?? weights(values.model as 'qwen2.5-coder-0.5b');
  if (weightsPath === null) throw new Error(`footnote models pull ${values.model}, or --weights`);
  const threads = Number(values.threads);
  const native = values.native || values['native-python'] !== undefined;
  const names = values.subjects.split(',').filter((name): name is SubjectName => {
    if (!(subjectNames as readonly string[]).includes(name)) throw new Error(`no subject ${name}`);
    return true;
  });
  if (native && !names.includes('llama-native')) names.push('llama-native');
  const options: SubjectOptions = {
    weightsPath,
    threads,
    cacheDir: values.cache,
    form: values.form,
    kv: values.kv,
    python: native ? (values['native-python'] ?? (await nativeLlama(values.cache))) : '',
  };
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  const roof = await measureRoof(threads);
  const machine = cpus()[0]?.model ?? 'unknown processor';
  console.log(`${machine}, ${threads} threads; ${values.model}; medians of ${rounds} rounds`);
  console.log(
    `this machine: reads ${roof.bandwidth.toFixed(1)} GB/s; int8 ${roof.int8.toFixed(0)}, float32 ${roof.float32.toFixed(0)} GFLOP/s`,
  );
  const { prompts, vocab, weightBytes, allBytes } = await prepare(options, values.data);
  const contexts = values.contexts.split(',').map(Number);
  const tasks = benchTasks(contexts, prompts, vocab, values.quick);
  const running: RunningSubject[] = [];
  try {
    for (const name of names) {
      const form = name === 'transformers' ? values['transformers-form'] : values.form;
      running.push(await startSubject(name, { ...options, form }));
    }
    // Page faults and first-time work are nobody's figure.
    const warm = { prompts: [tokens(1, 40, vocab)], maxTokens: 6, drafts: 1, copyAhead: false };
    for (const subject of running) await subject.run(warm);
    const samples = await measure(running, tasks, rounds);
    print(names, tasks, samples);
    printMemory(names, samples, statSync(weightsPath).size);
    const peak = Math.max(
      ...samples.filter((s) => s.subject === 'footnote').map((s) => s.megabytes),
    );
    console.log(
      `footnote's weights in ${values.form} are ${(allBytes / 1e6).toFixed(0)} MB: its peak is ${((peak * 1e6) / allBytes).toFixed(2)} times that`,
    );
    const rate = median(
      samples.filter((s) => s.subject === 'footnote' && s.task === tasks[1]?.name),
    );
    const allowed = (roof.bandwidth * 1e9) / weightBytes;
    console.log(
      `weights read for a token: ${(weightBytes / 1e6).toFixed(0)} MB, so at most ${allowed.toFixed(1)} tokens/s by bandwidth; ` +
        `footnote reaches ${((100 * rate) / allowed).toFixed(0)} % of it at context ${contexts[0] ?? 0}`,
    );
    // Embedding rows are looked up, not multiplied, and the head is needed once.
    const first = median(
      samples.filter((s) => s.subject === 'footnote' && s.task === tasks[0]?.name),
    );
    const least = (2 * 600 * weightBytes) / roof.int8 / 1e6;
    console.log(
      `600 tokens times the weights at the int8 speed above: ${least.toFixed(0)} ms; first token after ${first.toFixed(0)} ms`,
    );
  } finally {
    for (const subject of running) subject.close();
  }
}

/** Token ids that no cache has seen: they depend on `seed` from the first on. */
function tokens(seed: number, length: number, vocab: number): number[] {
  const most = Math.min(vocab, 40_000);
  return Array.from({ length }, (_, index) => (index * 7919 + seed * 104_729 + 11) % most);
}

async function prepare(
  options: SubjectOptions,
  data: string,
): Promise<{
  readonly prompts: readonly (readonly number[])[];
  readonly vocab: number;
  /** Read for each token, and all. */
  readonly weightBytes: number;
  readonly allBytes: number;
}> {
  const engine = await ModelEngine.open({
    weightsPath: options.weightsPath,
    cacheDir: options.cacheDir,
    threads: options.threads,
    device: 'cpu',
    form: parseGlmForm(options.form),
  });
  const prompts = citedPrompts(data, 40)
    .map((prompt) => engine.encodePrompt(prompt))
    .filter(({ length }) => length > 520 && length < 700);
  const vocab = engine.decoder.config.vocab_size;
  const layout = readGlmLayout(engine);
  await engine.close();
  const bytes = (of: (name: string) => boolean): number =>
    Object.entries(layout).reduce((sum, [name, { length }]) => sum + (of(name) ? length : 0), 0);
  return {
    prompts,
    vocab,
    // All but the embedding table, of which a row is read.
    weightBytes: bytes((name) => !name.startsWith('embedding')),
    allBytes: bytes(() => true),
  };
}

function benchTasks(
  contexts: readonly number[],
  prompts: readonly (readonly number[])[],
  vocab: number,
  quick: boolean,
): BenchTask[] {
  const written = quick ? 17 : 49;
  let seed = 1;
  const fresh = (length: number): number[] => tokens((seed += 1), length, vocab);
  const plain = { drafts: 1, copyAhead: false };
  const tasks: BenchTask[] = [
    {
      name: 'first token, 600 tokens (ms)',
      measure: 'first',
      task: () => ({ ...plain, prompts: [fresh(600)], maxTokens: 1 }),
    },
  ];
  for (const rows of quick ? [1] : [1, 4]) {
    for (const context of contexts) {
      tasks.push({
        // Several requests interleave: the first rows may be done before the last prompt is read, so only the
        // whole can be compared.
        name:
          rows === 1
            ? `decode, context ${context}, batch 1 (tokens/s)`
            : `${rows} requests at once, context ${context}, ${written} tokens each (ms)`,
        measure: rows === 1 ? 'rate' : 'total',
        task: () => ({
          ...plain,
          prompts: Array.from({ length: rows }, () => fresh(context)),
          maxTokens: written,
        }),
      });
    }
  }
  if (prompts.length > 0) {
    const answer = (maxTokens: number): Task => ({
      // A prompt that was read before would come from a cache.
      prompts: [prompts[(asked += 1) % prompts.length] as readonly number[]],
      maxTokens,
      drafts: 1,
      copyAhead: true,
      awaited: sentenceTokens,
    });
    let asked = -1;
    tasks.push({
      name: `first sentence of a cited answer, ${sentenceTokens} tokens (ms)`,
      measure: 'sentence',
      task: () => answer(sentenceTokens),
    });
    for (const written of [60, 120]) {
      tasks.push({
        name: `cited answer, ${written} tokens (ms)`,
        measure: 'total',
        task: () => answer(written),
      });
    }
  }
  for (const drafts of quick ? [] : [1, 8]) {
    tasks.push({
      name: `600 + 48 tokens, ${drafts} draft${drafts === 1 ? '' : 's'} (ms)`,
      measure: 'total',
      task: () => ({ prompts: [fresh(600)], maxTokens: 48, drafts, copyAhead: false }),
      // They prefill every draft anew; that would take minutes and say little.
      without: drafts === 1 ? [] : ['llama', 'transformers'],
    });
  }
  return tasks;
}

async function measure(
  running: readonly RunningSubject[],
  tasks: readonly BenchTask[],
  rounds: number,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, measure: kind, task, without = [] } of tasks) {
      const asked = task(round);
      const able = running.filter((subject) => !without.includes(subject.name));
      // Another program begins each round.
      const turned = able.map((_, at) => able[(at + round) % able.length] as RunningSubject);
      for (const subject of turned) {
        const result = await subject.run(asked);
        const value =
          kind === 'rate'
            ? decodeRate(result)
            : kind === 'first'
              ? firstTokenMs(result)
              : kind === 'sentence'
                ? tokensMs(result, sentenceTokens)
                : result.totalMs;
        const { steps, proposed } = result;
        samples.push({
          task: name,
          subject: subject.name,
          value,
          megabytes: result.peakMegabytes,
          resident: result.resident ?? null,
          ...(steps === undefined || proposed === undefined || !asked.copyAhead
            ? {}
            : { written: { tokens: result.ids.length, steps, proposed } }),
        });
      }
    }
    console.error(`round ${round + 1} of ${rounds}`);
  }
  return samples;
}

function print(
  names: readonly SubjectName[],
  tasks: readonly BenchTask[],
  samples: readonly Sample[],
): void {
  const others = names.filter((name) => name !== 'footnote');
  console.log(
    `\n| task | ${names.join(' | ')} | ${others.map((o) => `against ${o}`).join(' | ')} |`,
  );
  console.log(`|---|${names.map(() => '---|').join('')}${others.map(() => '---|').join('')}`);
  for (const { name, measure: kind } of tasks) {
    const of = (subject: SubjectName): number =>
      median(samples.filter((each) => each.task === name && each.subject === subject));
    const figures = names.map((subject) => format(of(subject)));
    const ratios = others.map((other) => {
      const ratio = of('footnote') / of(other);
      return Number.isFinite(ratio)
        ? `${ratio.toFixed(2)}x ${kind === 'rate' ? 'the rate' : 'the time'}`
        : '';
    });
    console.log(`| ${name} | ${figures.join(' | ')} | ${ratios.join(' | ')} |`);
  }
  const copied = samples.flatMap(({ written }) => written ?? []);
  const sum = (of: (each: (typeof copied)[number]) => number): number =>
    copied.reduce((total, each) => total + of(each), 0);
  const steps = sum((each) => each.steps);
  if (steps > 0) {
    // A step writes a token of its own and those proposed ones that hold.
    const held = sum((each) => each.tokens) - steps;
    console.log(
      `\ncited answers, copied ahead: ${(sum((each) => each.tokens) / steps).toFixed(2)} tokens a step; ` +
        `${((100 * held) / sum((each) => each.proposed)).toFixed(0)} % of ${sum((each) => each.proposed)} proposed tokens held`,
    );
  }
  const drafts = [1, 8].map((count) =>
    median(
      samples.filter(
        ({ task, subject }) => subject === 'footnote' && task.includes(`tokens, ${count} draft`),
      ),
    ),
  );
  const [one = NaN, eight = NaN] = drafts;
  if (Number.isFinite(eight / one)) {
    console.log(`\neight drafts cost ${(eight / one).toFixed(2)} times one`);
  }
}

/** After the last task of each: what is resident, and the most that ever was. */
function printMemory(
  names: readonly SubjectName[],
  samples: readonly Sample[],
  fileBytes: number,
): void {
  console.log(
    '\n| resident memory (MB) | peak | now | PSS | mapped weights | other files | anonymous |',
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const name of names) {
    const own = samples.filter(({ subject }) => subject === name);
    const peak = Math.max(...own.map(({ megabytes }) => megabytes));
    const now = own.at(-1)?.resident ?? null;
    const parts =
      now === null
        ? []
        : [now.rss, now.pss, now.weights, now.files, now.anonymous].map((value) => format(value));
    const share = ((peak * 1e6) / fileBytes).toFixed(2);
    console.log(`| ${name} | ${format(peak)} (${share} x the file) | ${parts.join(' | ')} |`);
  }
}

const format = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(value < 100 ? 1 : 0) : '–';
