// Writes docs/cli.md, docs/errors.md and the man page from the specs of the commands:
// node --conditions=roto-source scripts/gen-cli-docs.ts
import { writeFile } from 'node:fs/promises';
import { renderCliDocs, renderErrorDocs } from '../packages/cli/src/docs/render-docs.ts';
import { renderManPage } from '../packages/cli/src/docs/render-man.ts';

const docs = new URL('../docs/', import.meta.url);
await writeFile(new URL('cli.md', docs), await renderCliDocs());
await writeFile(new URL('errors.md', docs), renderErrorDocs());
await writeFile(new URL('../packages/cli/man/roto.1', import.meta.url), await renderManPage());
