import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type HollowTensor,
  hollowTensors,
  hollowTransformersTensors,
  layHollowPt,
  layHollowSafetensors,
} from '../../test/support/hollow-checkpoint.ts';
import { sam2Architectures, sam2Names } from '../engine/sam2/architecture.ts';
import { sam2Tensors } from '../engine/sam2/tensors.ts';
import { openCheckpoint } from './checkpoint.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto checkpoint '));
  path = join(folder, '-a "checkpoint"\n.bin');
});
afterEach(() => rm(folder, { recursive: true }));

const tiny = sam2Tensors(sam2Architectures['sam2.1-tiny']);

describe('openCheckpoint', () => {
  test.each(sam2Names)('knows %s by its tensors, in both formats and namings', async (name) => {
    const shapes = sam2Tensors(sam2Architectures[name]);
    const files = [
      () => layHollowPt(path, hollowTensors(shapes)),
      () => layHollowSafetensors(path, hollowTensors(shapes)),
      () => layHollowSafetensors(path, hollowTransformersTensors(shapes)),
    ];
    const formats: string[] = [];
    for (const lay of files) {
      await lay();
      const checkpoint = await openCheckpoint(path);
      formats.push(checkpoint.format);
      expect(checkpoint.architecture).toBe(name);
      expect(new Set(checkpoint.tensors.keys())).toEqual(new Set(shapes.keys()));
      for (const [tensor, entry] of checkpoint.tensors) {
        expect(entry.shape).toEqual(shapes.get(tensor));
        expect(entry.file).toBe(path);
      }
      await checkpoint.close();
    }
    expect(formats).toEqual(['pt', 'safetensors', 'safetensors']);
  });

  test('reads the values of a tensor, and of one row of the point embedding', async () => {
    const points = 'prompt_encoder.point_embed.weight';
    const tensors = hollowTransformersTensors(tiny);
    // The last tensor but one, so that its place from the end is known.
    expect(tensors.at(-2)?.name).toBe(points);
    await layHollowSafetensors(path, tensors);
    const { size } = await stat(path);
    const values = Float32Array.from({ length: 4 * 256 }, (_, index) => index);
    await using file = await open(path, 'r+');
    await file.write(new Uint8Array(values.buffer), 0, values.byteLength, size - 1024 - 4096);
    const checkpoint = await openCheckpoint(path);
    const row = await checkpoint.read('sam_prompt_encoder.point_embeddings.2.weight');
    expect([...row]).toEqual([...values.subarray(512, 768)]);
    expect(await checkpoint.read('maskmem_tpos_enc')).toEqual(new Float32Array(448));
    await expect(checkpoint.read('nothing')).rejects.toMatchObject({ code: 'internal' });
    await checkpoint.close();
  });

  test('takes half floats too', async () => {
    await layHollowPt(
      path,
      hollowTensors(tiny).map((tensor) => ({ ...tensor, dtype: 'float16' })),
    );
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint.tensors.get('no_obj_ptr')).toMatchObject({ dtype: 'float16', length: 512 });
    expect(await checkpoint.read('no_obj_ptr')).toEqual(new Float32Array(256));
    await checkpoint.close();
  });

  test('hashes the whole file, and stops when told to', async () => {
    await layHollowPt(
      path,
      hollowTensors(tiny).map((tensor) => ({ ...tensor, dtype: 'float16' })),
    );
    const checkpoint = await openCheckpoint(path);
    await expect(checkpoint.sha256(AbortSignal.abort())).rejects.toMatchObject({
      code: 'interrupted',
    });
    const expected = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    expect(await checkpoint.sha256()).toBe(expected);
    await checkpoint.close();
    await expect(openCheckpoint(path, AbortSignal.abort())).rejects.toMatchObject({
      code: 'interrupted',
    });
  });
});

describe('openCheckpoint refuses, and says what it is,', () => {
  const refuse = async (tensors: readonly HollowTensor[], what: RegExp) => {
    await layHollowSafetensors(path, tensors);
    await expect(openCheckpoint(path)).rejects.toMatchObject({
      code: 'model_unsupported',
      param: 'model',
      message: expect.stringMatching(what),
      hint: expect.stringContaining('roto models pull'),
    });
  };
  const without = (...names: readonly string[]) =>
    hollowTensors(tiny).filter(({ name }) => !names.includes(name));
  const one = (name: string): HollowTensor => ({ name, dtype: 'float32', shape: [1] });

  test('SAM 2.0, under both namings', async () => {
    const added = ['no_obj_embed_spatial', 'obj_ptr_tpos_proj.weight', 'obj_ptr_tpos_proj.bias'];
    await refuse(without(...added), /SAM 2\.0/);
    const renamed = hollowTransformersTensors(tiny);
    const old = renamed.filter(({ name }) => name !== 'occlusion_spatial_embedding_parameter');
    await refuse(old, /SAM 2\.0/);
  });

  test.each([
    ['SAM 1', 'image_encoder.blocks.0.norm1.weight'],
    ['MobileSAM', 'image_encoder.layers.0.blocks.0.conv1.c.weight'],
    ['EdgeTAM', 'spatial_perceiver.latents'],
    ['SAM 3', 'detector.backbone.weight'],
    ['another network', 'bert.embeddings.weight'],
  ])('%s', async (what, name) => {
    await refuse([one(name)], new RegExp(what));
  });

  test('a file without tensors', async () => {
    await refuse([], /no tensors/);
  });

  test('an encoder of another width or depth', async () => {
    await refuse(
      without('image_encoder.trunk.pos_embed').concat({
        name: 'image_encoder.trunk.pos_embed',
        dtype: 'float32',
        shape: [1, 128, 7, 7],
      }),
      /12 blocks with 128 channels/,
    );
    const shallow = hollowTensors(tiny).filter(({ name }) => !name.includes('.blocks.11.'));
    await refuse(shallow, /11 blocks with 96 channels/);
  });

  test('a tensor that is missing, of another shape, or too many', async () => {
    await refuse(without('no_obj_ptr'), /sam2\.1-tiny, but without its tensor no_obj_ptr/);
    await refuse(
      without('no_obj_ptr').concat({ name: 'no_obj_ptr', dtype: 'float32', shape: [1, 255] }),
      /no_obj_ptr is 1x255, not 1x256/,
    );
    await refuse(hollowTensors(tiny).concat(one('adapter\n.weight')), /"adapter\\n\.weight"/);
  });
});

test('openCheckpoint refuses a tensor of whole numbers', async () => {
  await layHollowSafetensors(path, hollowTensors(tiny));
  const was = '"no_obj_ptr":{"dtype":"F32"';
  const start = Buffer.alloc(200_000);
  await using file = await open(path, 'r+');
  await file.read(start, 0, start.length, 0);
  expect(start.indexOf(was)).toBeGreaterThan(0);
  await file.write(was.replace('F32', 'I32'), start.indexOf(was));
  await expect(openCheckpoint(path)).rejects.toMatchObject({
    code: 'model_unsupported',
    message: expect.stringContaining('no_obj_ptr is int32'),
  });
});

describe('openCheckpoint says what else a file is:', () => {
  test.each([
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:7402\n'],
    ['a web page', '<!DOCTYPE html><html><body>Sign in</body></html>'],
    [
      'of a PyTorch before 1.6',
      Buffer.from('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02', 'latin1'),
    ],
    ['neither a .pt', 'hello, this is a text of more than 16 bytes'],
    ['only 0 bytes', ''],
  ])('%s', async (what, content) => {
    await writeFile(path, content);
    await expect(openCheckpoint(path)).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining(what),
    });
  });

  test('not there, a folder, or a named pipe nobody writes to', async () => {
    const missing = { code: 'model_missing', param: 'model' };
    await expect(openCheckpoint(join(folder, 'none'))).rejects.toMatchObject(missing);
    await expect(openCheckpoint(folder)).rejects.toMatchObject(missing);
    if (process.platform === 'win32') return;
    expect(spawnSync('mkfifo', ['--', path]).status).toBe(0);
    await expect(openCheckpoint(path)).rejects.toMatchObject(missing);
  });
});
