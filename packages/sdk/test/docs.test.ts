import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { docExamples, renderExamples, renderSdkDocs } from '../../../scripts/sdk-docs.ts';
import { examples } from './examples.gen.ts';
import { exampleContext } from './support/example-context.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

describe('the reference of the client', () => {
  it.each([
    ['docs/sdk.md', '../../../docs/sdk.md', renderSdkDocs],
    ['test/examples.gen.ts', './examples.gen.ts', renderExamples],
  ])('in %s is what the sources say (else run node scripts/gen-sdk-docs.ts)', async (...row) => {
    const [, file, render] = row;
    expect(await readFile(new URL(file, import.meta.url), 'utf8')).toBe(render());
  });

  it('has examples that all run, against a real service', async () => {
    await using folder = await temporaryFolder();
    const context = await exampleContext(folder.path);
    const before = process.cwd();
    process.chdir(folder.path);
    try {
      const ran = [];
      for (const [title, run] of Object.entries(examples)) {
        await run(context).catch((cause: unknown) => {
          throw new Error(`The example of ${title} failed: ${cause}`, { cause });
        });
        ran.push(title);
      }
      expect(ran).toEqual(docExamples().map(({ title }) => title));
    } finally {
      process.chdir(before);
    }
  }, 240_000);
});
