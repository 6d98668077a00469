/**
 * `npm run bench -- NAME [options]`: every bench of the project under one name each. A bench is a
 * module with `run(args)`; its options are its own.
 */
const BENCHES: Readonly<
  Record<
    string,
    {
      readonly measures: string;
      readonly load: () => Promise<{ readonly run: (args: readonly string[]) => Promise<void> }>;
    }
  >
> = {
  extraction: {
    measures: 'F1, time and memory of extraction beside four other programs',
    load: () => import('./extraction/extraction-bench.ts'),
  },
  generation: {
    measures: 'first token, decoding and cited answers beside llama.cpp and transformers.js',
    load: () => import('./generation/generation-bench.ts'),
  },
  local: {
    measures: 'the local provider at 100,000 documents: indexing, memory, queries, updates',
    load: () => import('./local/local-bench.ts'),
  },
  retrieval: {
    measures: "our own overhead for ten large pages by stage, beside WebGLM's way",
    load: () => import('./retrieval/bench-retrieval.ts'),
  },
};

const [name = '', ...args] = process.argv.slice(2);
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (bench === undefined) {
  console.log('usage: npm run bench -- NAME [options]');
  for (const [each, { measures }] of Object.entries(BENCHES))
    console.log(`  ${each.padEnd(12)} ${measures}`);
  process.exitCode = name === '' || name === '--help' ? 0 : 2;
} else {
  await (await bench.load()).run(args);
}
