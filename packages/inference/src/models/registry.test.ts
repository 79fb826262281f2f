import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { mobileSamFiles, mobileSamSha256 } from './mobile-sam-files.ts';
import { readModelFile } from './model-file.ts';
import { listModels } from './registry.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto models '));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function lay(...names: readonly string[]): Promise<void> {
  await mkdir(join(folder, 'mobilesam'));
  for (const name of names) {
    await writeFile(join(folder, 'mobilesam', name), 'not a model');
  }
}

test('the lite model is installed, licensed, and its files hash to what is listed', async () => {
  const [model] = await listModels();
  expect(model).toMatchObject({ id: 'mobilesam', engine: 'lite', installed: true });
  expect(model).toMatchObject({ licence: 'Apache-2.0', sha256: mobileSamSha256 });
  const files = Object.values(mobileSamFiles);
  const hash = createHash('sha256');
  let bytes = 0;
  for (const file of files) {
    const content = await readFile(join(model?.path ?? '', file.name));
    expect(content.byteLength).toBe(file.bytes);
    hash.update(content);
    bytes += content.byteLength;
  }
  expect(hash.digest('hex')).toBe(mobileSamSha256);
  expect(model?.bytes).toBe(bytes);
});

test('a file that is not the published one is model_corrupt, a missing one model_missing', async () => {
  await lay('encoder.onnx');
  const path = join(folder, 'mobilesam');
  await expect(readModelFile(path, mobileSamFiles.encoder)).rejects.toMatchObject({
    code: 'model_corrupt',
    hint: expect.any(String),
  });
  await expect(readModelFile(path, mobileSamFiles.decoder)).rejects.toMatchObject({
    code: 'model_missing',
    hint: expect.any(String),
  });
});
