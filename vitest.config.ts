import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './scripts/summary-reporter.ts';

const summary = process.env['ROTO_TEST_SUMMARY'];
// The tests run on Node, whatever else a package may also run on.
const conditions = ['roto-source', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      'packages/*/src/**/*.test.{ts,tsx}',
      'packages/*/test/**/*.test.ts',
      'e2e/**/*.test.ts',
    ],
    reporters: summary ? ['default', new SummaryReporter(summary)] : ['default'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // Two cores run most of this: more workers only make the model's threads fight.
    maxWorkers: 2,
  },
});
