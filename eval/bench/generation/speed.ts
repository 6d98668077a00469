/**
 * `npx tsx eval/bench/generation/speed.ts --weights FILE [--threads 2] [--form int8]` prints load times, prefill,
 * decode and drafts of the GLM engine. Wall time is the median of three; CPU time over threads beside
 * it says what an idle machine would take when others are busy on this one.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ModelEngine } from '../../../generator/model-engine.ts';
import type { GlmForm } from '../../../generator/glm/matrix-form.ts';

const { values } = parseArgs({
  options: {
    weights: { type: 'string' },
    threads: { type: 'string', default: '2' },
    form: { type: 'string', default: 'int8' },
    cache: { type: 'string', default: join(tmpdir(), 'footnote-parity') },
  },
});
if (values.weights === undefined) throw new Error('--weights FILE is needed');
const threads = Number(values.threads);
const { signal } = new AbortController();

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}
async function cost(work: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const used = process.cpuUsage(cpu);
  return { wallMs: performance.now() - start, cpuMs: (used.user + used.system) / 1000 / threads };
}
async function median(work: () => Promise<unknown>): Promise<Cost> {
  const costs: Cost[] = [];
  for (let round = 0; round < 3; round += 1) costs.push(await cost(work));
  const middle = (of: (each: Cost) => number): number =>
    costs.map(of).sort((a, b) => a - b)[1] ?? NaN;
  return { wallMs: middle((each) => each.wallMs), cpuMs: middle((each) => each.cpuMs) };
}
const print = (what: string, { wallMs, cpuMs }: Cost): void => {
  console.log(
    `${what.padEnd(34)} ${wallMs.toFixed(0).padStart(7)} ms wall  ${cpuMs.toFixed(0).padStart(7)} ms CPU/threads`,
  );
};

const opened: ModelEngine[] = [];
const load = await cost(async () => {
  opened.push(
    await ModelEngine.open({
      weightsPath: values.weights as string,
      cacheDir: values.cache,
      threads,
      device: 'cpu',
      form: values.form as GlmForm,
      // Each round reads its prompt anew.
      prefixBytes: 0,
    }),
  );
});
const [engine] = opened as [ModelEngine];
print(engine.converted ? 'load, converting' : 'load, converted before', load);
const decode = (length: number, rows: number, maxTokens: number): Promise<unknown> =>
  engine.decoder.decode(
    Array.from(
      { length },
      (_, index) => (index * 7919 + 11) % Math.min(40_000, engine.decoder.config.vocab_size),
    ),
    {
      maxTokens,
      temperatures: Array.from({ length: rows }, (_, row) => (row === 0 ? 0 : 0.7)),
      topP: 0.95,
      topK: 40,
      seed: 1,
      stopIds: [],
      // The text is nobody's, so there is nothing to copy; `npm run bench -- generation` measures that.
      copyAhead: false,
      signal,
      onTokens: () => true,
    },
  );
await decode(32, 1, 4);
for (const length of [150, 400, 600]) {
  const prefill = await median(() => decode(length, 1, 1));
  print(`prefill ${length} and one token`, prefill);
  const whole = await median(() => decode(length, 1, 49));
  const rate = (pick: (each: Cost) => number): string =>
    (48_000 / (pick(whole) - pick(prefill))).toFixed(1);
  console.log(
    `  decode after ${length}: ${rate((each) => each.wallMs)} tokens/s wall, ${rate((each) => each.cpuMs)} by CPU time`,
  );
}
for (const rows of [1, 2, 4, 8])
  print(`150 + 32 tokens, ${rows} drafts`, await median(() => decode(150, rows, 32)));
console.log(
  `RSS ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB, peak ${(process.resourceUsage().maxRSS / 1e3).toFixed(0)} MB`,
);
await engine.close();
