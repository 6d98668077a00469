import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './test/closing-line-reporter.ts';

export default defineConfig({
  test: {
    globalSetup: ['test/global-build.ts'],
    include: ['{src,retriever,generator,scorer,eval,test}/**/*.test.ts'],
    // Two cores: more workers than that only make every wait longer.
    maxWorkers: 2,
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', new ClosingLineReporter()],
  },
});
