// Writes docs/sdk.md from the docblocks of the client, and its examples where the tests run them:
// node scripts/gen-sdk-docs.ts
import { writeFile } from 'node:fs/promises';
import { renderExamples, renderSdkDocs } from './sdk-docs.ts';

const root = new URL('../', import.meta.url);
await writeFile(new URL('docs/sdk.md', root), renderSdkDocs());
await writeFile(new URL('packages/sdk/test/examples.gen.ts', root), renderExamples());
