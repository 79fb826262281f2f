import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/**
 * Names every skipped test, and leaves the counts in the file that `ROTO_TEST_SUMMARY` names, for
 * the closing line of `npm test`. A file that fails outside of its tests counts as one failure.
 */
export class SummaryReporter implements Reporter {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      counts.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'skipped') {
          counts.skipped += 1;
          process.stdout.write(`skipped: ${module.relativeModuleId} > ${test.fullName}\n`);
        } else {
          counts[result.state === 'passed' ? 'passed' : 'failed'] += 1;
        }
      }
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    }
    writeFileSync(this.#file, JSON.stringify(counts));
  }
}
