import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,retriever,generator,scorer,eval,test}/**/*.test.ts'],
    // Two cores: more workers than that only make every wait longer.
    maxWorkers: 2,
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
