import { readFile } from 'node:fs/promises';
import { errorKinds } from '@roto/sdk/contract';
import { describe, expect, it } from 'vitest';
import { loadCommandSpecs } from '../commands/command-list.ts';
import { isGroup } from '../commands/command-spec.ts';
import { renderCliDocs, renderErrorDocs } from './render-docs.ts';
import { renderManPage } from './render-man.ts';

const root = new URL('../../../../', import.meta.url);

describe('the reference', () => {
  it.each([
    ['docs/cli.md', renderCliDocs],
    ['docs/errors.md', renderErrorDocs],
    ['packages/cli/man/roto.1', renderManPage],
  ])(
    'in %s is what the specs say (else run node --conditions=roto-source scripts/gen-cli-docs.ts)',
    async (file, render) => {
      expect(await readFile(new URL(file, root), 'utf8')).toBe(await render());
    },
  );

  it('names every option of every command and every error code', async () => {
    const cli = await renderCliDocs();
    for (const spec of (await loadCommandSpecs()).flatMap((one) =>
      isGroup(one) ? one.commands : [one],
    )) {
      for (const { flags } of Object.values(spec.options)) expect(cli).toContain(`\`${flags}\``);
      for (const { line } of spec.examples) expect(cli).toContain(line);
    }
    const errors = renderErrorDocs();
    for (const code of Object.keys(errorKinds)) expect(errors).toContain(`| \`${code}\` |`);
  });
});
