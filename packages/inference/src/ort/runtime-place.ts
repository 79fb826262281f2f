import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import { z } from 'zod';

/** The installed onnxruntime: its version, and where it looks for libraries of other providers. */
export interface RuntimePlace {
  readonly version: string;
  /** Folder of its binding for this platform. */
  readonly folder: string;
}

const Manifest = z.object({ version: z.string().regex(/^[\w.+-]+$/) });

/** @throws RotoError `engine_missing` where onnxruntime-node is not installed */
export async function runtimePlace(): Promise<RuntimePlace> {
  const manifest = findPackageJSON('onnxruntime-node', import.meta.url);
  if (manifest === undefined) {
    throw new RotoError('engine_missing', 'onnxruntime-node is not installed beside roto.', {
      hint: 'Install @roto/inference again.',
    });
  }
  const { version } = Manifest.parse(JSON.parse(await readFile(manifest, 'utf8')));
  return { version, folder: join(dirname(manifest), 'bin', 'napi-v6', platform(), arch()) };
}
