import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorDocument, ModelsDocument } from '@roto/sdk/contract';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { sam2Architectures } from '../../inference/src/engine/sam2/architecture.ts';
import { sam2Tensors } from '../../inference/src/engine/sam2/tensors.ts';
import { serveFile } from '../../inference/test/support/file-server.ts';
import {
  type HollowTensor,
  hollowTensors,
  layHollowSafetensors,
} from '../../inference/test/support/hollow-checkpoint.ts';
import { main } from '../src/main.ts';
import { createFakeIo } from './support/fake-io.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto cli "models" '));
  const shapes = sam2Tensors(sam2Architectures['sam2.1-tiny']);
  const half = (tensor: HollowTensor): HollowTensor => ({ ...tensor, dtype: 'float16' });
  await layHollowSafetensors(join(folder, '-mine.bin'), hollowTensors(shapes).map(half));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  vi.stubEnv('ROTO_MODELS_DIR', join(folder, 'models'));
  vi.stubEnv('NO_PROXY', '127.0.0.1');
});
afterEach(() => vi.unstubAllEnvs());

/** Runs a command on the real engine. */
async function roto(...argv: string[]) {
  const io = createFakeIo({ cwd: folder });
  const status = await main(['models', ...argv], io);
  return { status, out: io.stdout.text, err: io.stderr.text };
}

describe('roto models on the real store', () => {
  it('imports a checkpoint of any name, lists, verifies, finds and removes it', async () => {
    const imported = await roto('import', '--name', 'mine', '--', '-mine.bin');
    expect(imported).toMatchObject({ status: 0 });
    const path = join(folder, 'models', 'mine', 'model.safetensors');
    expect(await roto('path', 'mine')).toEqual({ status: 0, out: `${path}\n`, err: '' });
    const { models } = ModelsDocument.parse(JSON.parse((await roto('list', '--json')).out));
    expect(models.find(({ id }) => id === 'mine')).toMatchObject({
      architecture: 'sam2.1-tiny',
      installed: true,
      path,
    });
    expect((await roto('verify')).out).toMatch(/^mobilesam {2}.*\nmine {2}[0-9a-f]{64} {2}.*\n$/);
    expect(await roto('remove', 'mine')).toMatchObject({ status: 0 });
    expect(await roto('path', 'mine')).toMatchObject({ status: 6, out: '' });
  });

  it('does not install another file than the published one from a mirror', async () => {
    await using server = await serveFile(Buffer.from('not a model'));
    vi.stubEnv('ROTO_MODELS_BASE_URL', server.url);
    const { status, out } = await roto('pull', 'sam2.1-tiny', '--json');
    expect(status).toBe(5);
    const { error } = ErrorDocument.parse(JSON.parse(out));
    expect(error.code).toBe('network_failed');
    expect(error.hint).toContain(join(folder, 'models', 'sam2.1-tiny', 'sam2.1_hiera_tiny.pt'));
    expect(server.requests).toMatchObject([{ path: '/models/sam2.1_hiera_tiny.pt' }]);
  });

  it('says which models can be pulled', async () => {
    const { status, err } = await roto('pull', 'sam3');
    expect(status).toBe(2);
    expect(err).toContain('sam2.1-base-plus');
  });
});
