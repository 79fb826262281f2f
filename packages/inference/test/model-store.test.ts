import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelSummary } from '@roto/sdk/contract';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sam2Architectures } from '../src/engine/sam2/architecture.ts';
import { sam2Tensors } from '../src/engine/sam2/tensors.ts';
import { importModel } from '../src/models/import-model.ts';
import { modelPath, removeModel, verifyModel } from '../src/models/manage.ts';
import { modelFolder, modelsFolder } from '../src/models/models-folder.ts';
import { listModels } from '../src/models/registry.ts';
import { findPublished, sam2Files } from '../src/models/sam2-files.ts';
import { type HollowTensor, hollowTensors, layHollowPt } from './support/hollow-checkpoint.ts';

let folder: string;
let checkpoint: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto store '));
  vi.stubEnv('ROTO_MODELS_DIR', join(folder, 'models'));
  checkpoint = join(folder, "mine, 'fine-tuned'.pt");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A whole checkpoint of tiny in half floats: 78 MB, hardly any of it on the disk. */
async function layCheckpoint(): Promise<string> {
  const shapes = sam2Tensors(sam2Architectures['sam2.1-tiny']);
  const tensors = hollowTensors(shapes).map(
    (tensor): HollowTensor => ({ ...tensor, dtype: 'float16' }),
  );
  await layHollowPt(checkpoint, tensors);
  return createHash('sha256')
    .update(await readFile(checkpoint))
    .digest('hex');
}

/** A file of the size of a published model, in its place. */
async function layPublished(): Promise<string> {
  const tiny = findPublished('sam2.1-tiny');
  const path = join(folder, 'models', 'sam2.1-tiny', tiny?.file.name ?? '');
  await mkdir(join(folder, 'models', 'sam2.1-tiny'), { recursive: true });
  await writeFile(path, '');
  await truncate(path, tiny?.file.bytes ?? 0);
  return path;
}

describe('the models folder', () => {
  test('is ROTO_MODELS_DIR, else below the XDG data folder, else below home', () => {
    expect(modelsFolder({ ROTO_MODELS_DIR: '/a/b' })).toBe('/a/b');
    expect(modelsFolder({ ROTO_MODELS_DIR: '', XDG_DATA_HOME: '/x' })).toBe('/x/roto/models');
    expect(modelsFolder({})).toMatch(/[/\\]\.local[/\\]share[/\\]roto[/\\]models$/);
  });

  test.each(['', '.', '..', '../x', 'a/b', 'a\\b', '-x', '.hidden', 'a\nb', 'x'.repeat(65)])(
    'has no model %j',
    async (name) => {
      expect(() => modelFolder(name)).toThrow(
        expect.objectContaining({ code: 'invalid_argument' }),
      );
      for (const act of [modelPath, verifyModel, removeModel]) {
        await expect(act(name)).rejects.toMatchObject({ code: 'invalid_argument' });
      }
    },
  );
});

describe('models', () => {
  test('that are published are listed with licence, size and hash, installed or not', async () => {
    const before = (await listModels()).filter(({ engine }) => engine === 'sam2');
    expect(before.map(({ id, installed }) => [id, installed])).toEqual(
      sam2Files.map(({ id }) => [id, false]),
    );
    const path = await layPublished();
    const [, tiny] = await listModels();
    expect(ModelSummary.parse(tiny)).toEqual(tiny);
    expect(tiny).toMatchObject({
      id: 'sam2.1-tiny',
      installed: true,
      path,
      licence: 'Apache-2.0',
      sha256: expect.stringMatching(/^7402e0d8/),
      bytes: 156_008_466,
    });
  });

  test('of another size than was published are not installed', async () => {
    await truncate(await layPublished(), 1000);
    await expect(modelPath('sam2.1-tiny')).rejects.toMatchObject({
      code: 'model_missing',
      hint: expect.stringContaining('roto models pull sam2.1-tiny'),
    });
  });

  test('that are not the published ones are told by verify, which can be stopped', async () => {
    await layPublished();
    await expect(verifyModel('sam2.1-tiny')).rejects.toMatchObject({ code: 'model_corrupt' });
    await expect(verifyModel('sam2.1-tiny', { signal: AbortSignal.abort() })).rejects.toMatchObject(
      { code: 'interrupted' },
    );
  });

  test('that come with roto are verified, have a path, and stay', async () => {
    expect(await verifyModel('mobilesam')).toMatchObject({ id: 'mobilesam', bytes: 44_587_283 });
    expect((await stat(await modelPath('mobilesam'))).isDirectory()).toBe(true);
    await expect(removeModel('mobilesam')).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  test('are removed with what a broken-off download left', async () => {
    const path = await layPublished();
    await writeFile(`${path}.part`, 'abc');
    expect(await removeModel('sam2.1-tiny')).toEqual({ id: 'sam2.1-tiny', bytes: 156_008_469 });
    expect(await readdir(join(folder, 'models'))).toEqual([]);
    await expect(removeModel('sam2.1-tiny')).rejects.toMatchObject({ code: 'model_missing' });
    await expect(removeModel('unknown')).rejects.toMatchObject({ code: 'model_missing' });
  });
});

describe('a checkpoint of one’s own', () => {
  test('is imported under its name: listed, verified, used by path, removed', async () => {
    const sha256 = await layCheckpoint();
    const progress: number[] = [];
    const summary = await importModel(checkpoint, {
      as: 'sam2.1-tiny',
      name: 'mine',
      onProgress: (done) => progress.push(done),
    });
    const path = join(folder, 'models', 'mine', 'model.pt');
    expect(summary).toMatchObject({ id: 'mine', architecture: 'sam2.1-tiny', path, sha256 });
    expect(await listModels()).toContainEqual(ModelSummary.parse(summary));
    expect(await modelPath('mine')).toBe(path);
    expect(await verifyModel('mine')).toMatchObject({ id: 'mine', path, sha256 });
    expect(progress.at(-1)).toBe(summary.bytes);
    expect(await readdir(join(folder, 'models'))).toEqual(['mine']);
    await expect(importModel(checkpoint, { name: 'mine' })).rejects.toMatchObject({
      code: 'invalid_argument',
      param: 'name',
    });
    await removeModel('mine');
    expect(await readdir(join(folder, 'models'))).toEqual([]);
  });

  test('that has changed since is told by verify', async () => {
    await layCheckpoint();
    const { path = '' } = await importModel(checkpoint, { name: 'mine' });
    const { size } = await stat(path);
    await truncate(path, size - 10);
    await expect(verifyModel('mine')).rejects.toMatchObject({ code: 'model_missing' });
    await truncate(path, size);
    await expect(verifyModel('mine')).rejects.toMatchObject({ code: 'model_corrupt' });
  });

  test('needs a name, and none that is published', async () => {
    await layCheckpoint();
    await expect(importModel(checkpoint)).rejects.toMatchObject({
      code: 'invalid_argument',
      param: 'name',
      hint: expect.stringContaining('--name'),
    });
    for (const name of ['sam2.1-tiny', 'mobilesam', '../mine']) {
      await expect(importModel(checkpoint, { name })).rejects.toMatchObject({
        code: 'invalid_argument',
      });
    }
  });

  test('must be what --as says', async () => {
    await layCheckpoint();
    await expect(
      importModel(checkpoint, { as: 'sam2.1-large', name: 'mine' }),
    ).rejects.toMatchObject({ code: 'model_unsupported', param: 'as' });
  });

  test('that is damaged, or whose import is stopped, leaves nothing behind', async () => {
    await layCheckpoint();
    const stop = new AbortController();
    const importing = importModel(checkpoint, {
      name: 'mine',
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(importing).rejects.toMatchObject({ code: 'interrupted' });
    expect(await readdir(join(folder, 'models'))).toEqual([]);
    await truncate(checkpoint, 1_000_000);
    await expect(importModel(checkpoint, { name: 'mine' })).rejects.toMatchObject({
      code: 'model_corrupt',
    });
    expect(await readdir(join(folder, 'models'))).toEqual([]);
  });

  test('with a record that is damaged counts as not installed', async () => {
    await layCheckpoint();
    await importModel(checkpoint, { name: 'mine' });
    for (const text of ['', '{}', '{"schema":"roto.model-record/1","file":"../../etc/passwd"}']) {
      await writeFile(join(folder, 'models', 'mine', 'model.json'), text);
      expect((await listModels()).map(({ id }) => id)).not.toContain('mine');
      await expect(modelPath('mine')).rejects.toMatchObject({ code: 'model_missing' });
    }
  });
});
