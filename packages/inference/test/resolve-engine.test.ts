import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ShotEngine } from '@roto/sdk/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Sam2Name, sam2Architectures } from '../src/engine/sam2/architecture.ts';
import { sam2Presets } from '../src/engine/sam2/presets.ts';
import { sam2Tensors } from '../src/engine/sam2/tensors.ts';
import { importModel } from '../src/models/import-model.ts';
import { type ResolveEngineOptions, resolveEngine } from '../src/models/resolve-engine.ts';
import { findPublished } from '../src/models/sam2-files.ts';
import { publishedPath } from '../src/models/store.ts';
import { hollowTensors, layHollowPt } from './support/hollow-checkpoint.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto models '));
  vi.stubEnv('ROTO_MODELS_DIR', join(folder, 'models'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A file of a published model's size in its place; choosing a model reads no more of it. */
async function lay(id: Sam2Name): Promise<void> {
  const model = findPublished(id);
  if (model === undefined) throw new Error(`${id} is not published`);
  const path = publishedPath(model);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '');
  await truncate(path, model.file.bytes);
}

async function layCheckpoint(name: string): Promise<string> {
  const path = join(folder, name);
  await layHollowPt(path, hollowTensors(sam2Tensors(sam2Architectures['sam2.1-tiny'])));
  return path;
}

async function chosen(
  wanted: Parameters<typeof ShotEngine.parse>[0],
  options?: ResolveEngineOptions,
) {
  const { config, warnings } = await resolveEngine(ShotEngine.parse(wanted), options);
  return { config, codes: warnings.map(({ code }) => code), warnings };
}

describe('the engine a shot gets where it names none', () => {
  it('is lite on the CPU where no model of sam2 is installed, and that is said', async () => {
    const { config, codes, warnings } = await chosen({ quality: 'draft', inputSize: 512 });
    expect(config).toMatchObject({
      engine: 'lite',
      device: 'cpu',
      quality: 'draft',
      inputSize: 512,
    });
    expect(codes).toEqual(['engine_lite']);
    expect(warnings[0]?.message).toContain('roto models pull sam2.1-tiny');
    expect((await chosen({})).config).not.toHaveProperty('inputSize');
  });

  it.each([
    ['draft', 'sam2.1-tiny'],
    ['standard', 'sam2.1-small'],
    ['normal', 'sam2.1-small'],
    ['high', 'sam2.1-base-plus'],
    ['max', 'sam2.1-large'],
  ] as const)('is sam2 with the size of the quality: %s', async (quality, id) => {
    await lay(id);
    const { config, codes } = await chosen({ quality });
    expect(config).toMatchObject({ engine: 'sam2', model: { id }, inputSize: 1024 });
    expect(config.model?.sha256).toBe(findPublished(id)?.file.sha256);
    expect(codes).toEqual([]);
  });

  it('is sam2 with the nearest size there is, and the size that is missing is named', async () => {
    await lay('sam2.1-tiny');
    await lay('sam2.1-large');
    for (const [quality, id, missing] of [
      ['standard', 'sam2.1-tiny', 'sam2.1-small'],
      ['high', 'sam2.1-large', 'sam2.1-base-plus'],
    ] as const) {
      const { config, codes, warnings } = await chosen({ quality });
      expect(config.model?.id).toBe(id);
      expect(codes).toEqual(['model_substituted']);
      expect(warnings[0]?.message).toContain(`roto models pull ${missing}`);
    }
  });

  it('is lite or tiny for a quick look, whatever the quality, and nothing needs saying', async () => {
    await lay('sam2.1-large');
    expect(await chosen({ quality: 'max' }, { light: true })).toMatchObject({
      config: { engine: 'lite' },
      codes: [],
    });
    await lay('sam2.1-tiny');
    expect(await chosen({ quality: 'max' }, { light: true })).toMatchObject({
      config: { engine: 'sam2', model: { id: 'sam2.1-tiny' } },
      codes: [],
    });
  });
});

describe('a model asked for', () => {
  it('by name or by engine and quality has to be installed; how to get it is said', async () => {
    await lay('sam2.1-large');
    for (const [wanted, id] of [
      [{ name: 'sam2' }, 'sam2.1-small'],
      [{ name: 'sam2', quality: 'draft' }, 'sam2.1-tiny'],
      [{ name: 'sam2', model: 'sam2.1-base-plus' }, 'sam2.1-base-plus'],
      [{ model: 'sam2.1-base-plus' }, 'sam2.1-base-plus'],
    ] as const) {
      await expect(chosen(wanted)).rejects.toMatchObject({
        code: 'model_missing',
        param: 'model',
        hint: expect.stringContaining(`roto models pull ${id}`),
      });
    }
    expect((await chosen({ model: 'sam2.1-large' })).config.model?.id).toBe('sam2.1-large');
  });

  it('that nobody knows is model_missing with those there are', async () => {
    await expect(chosen({ model: 'sam2.1-huge' })).rejects.toMatchObject({
      code: 'model_missing',
      param: 'model',
      message: expect.stringContaining('mobilesam, sam2.1-tiny'),
    });
    for (const wanted of [
      { name: 'lite', model: 'sam2.1-tiny' },
      { name: 'sam2', model: 'mobilesam' },
    ]) {
      await expect(chosen(wanted)).rejects.toMatchObject({ code: 'model_missing', param: 'model' });
    }
  });

  it('by the path of a checkpoint is taken from where it lies', async () => {
    const modelPath = await layCheckpoint('mine.pt');
    const base = folder;
    for (const model of ['mine.pt', './mine.pt', modelPath]) {
      const { config } = await chosen({ model }, { base });
      expect(config).toMatchObject({ engine: 'sam2', modelPath, model: { id: 'mine.pt' } });
    }
    await writeFile(join(folder, 'text.pt'), 'not a model at all');
    await expect(chosen({ model: 'text.pt' }, { base })).rejects.toMatchObject({
      code: 'model_corrupt',
    });
    await expect(chosen({ model: 'gone.pt' }, { base })).rejects.toMatchObject({
      code: 'model_missing',
    });
  });

  it('by the name it was imported under is that one', async () => {
    await importModel(await layCheckpoint('mine.pt'), { name: 'hero-tuned' });
    const { config } = await chosen({ model: 'hero-tuned' });
    expect(config).toMatchObject({ engine: 'sam2', model: { id: 'hero-tuned' } });
    expect(config.model?.sha256).toMatch(/^[0-9a-f]{64}$/);
    // It is only taken where it is asked for.
    expect((await chosen({})).config.engine).toBe('lite');
  });
});

describe('the settings of the sam2 engine', () => {
  it('refuse an input size that is no multiple of 32, with the nearest that are', async () => {
    await lay('sam2.1-small');
    await expect(chosen({ name: 'sam2', inputSize: 500 })).rejects.toMatchObject({
      code: 'invalid_argument',
      param: 'inputSize',
      hint: '480 and 512 are the nearest.',
    });
    expect((await chosen({ name: 'sam2', inputSize: 512 })).config.inputSize).toBe(512);
    expect((await chosen({ name: 'lite', inputSize: 500 })).config.inputSize).toBe(500);
  });

  it("are the device's own unless the shot names others, which the lite engine has no choice of", async () => {
    await lay('sam2.1-small');
    expect((await chosen({ name: 'sam2' })).config).not.toHaveProperty('precision');
    expect((await chosen({ name: 'sam2', precision: 'fp32' })).config.precision).toBe('fp32');
    expect((await chosen({ name: 'sam2', precision: 'int8' })).config.precision).toBe('int8');
    const lite = await chosen({ name: 'lite', precision: 'int8' });
    expect(lite.config).not.toHaveProperty('precision');
    expect(lite.codes).toEqual(['option_ignored']);
  });

  it('carry the preset and what the shot chose apart; the lite engine says it has none', async () => {
    await lay('sam2.1-small');
    const parts = { fillHoleArea: 0, retrack: 'span', multimaskByStability: false } as const;
    const wanted = { preset: 'benchmark', ...parts };
    expect((await chosen(wanted)).config.rules).toEqual({ ...sam2Presets.benchmark, ...parts });
    const lite = await chosen({ name: 'lite', ...wanted });
    expect(lite.config).not.toHaveProperty('rules');
    expect(lite.codes).toEqual(['option_ignored']);
    expect(lite.warnings[0]?.message).toContain(
      'preset, fillHoleArea, multimaskByStability, retrack',
    );
  });
});

it('CUDA asked for where it cannot run is device_unavailable', async () => {
  await expect(chosen({ device: 'cuda:97' })).rejects.toMatchObject({
    code: 'device_unavailable',
    param: 'device',
  });
});

it('ROTO_MODELS_DIR comes before the bundled files, where it holds the whole model', async () => {
  const place = join(folder, 'models', 'mobilesam');
  await mkdir(place, { recursive: true });
  await writeFile(join(place, 'encoder.onnx'), 'not a model');
  expect((await chosen({ name: 'lite' })).config.modelPath).not.toBe(place);
  await writeFile(join(place, 'sam.onnx'), 'not a model');
  expect((await chosen({ name: 'lite' })).config.modelPath).toBe(place);
});
