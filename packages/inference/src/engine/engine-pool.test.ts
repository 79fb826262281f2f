import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineConfig } from './engine.ts';
import type { EngineHost } from './engine-host.ts';
import { modelMemoryLimit } from './engine-memory.ts';
import { EnginePool, type EnginePoolOptions } from './engine-pool.ts';
import { resolveRules } from './sam2/presets.ts';

const setup = { clip: { first: 0, last: 9 } };
const frame = { number: 0, width: 1, height: 1, rgb: new Uint8Array(3) };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-pool-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A checkpoint of a size, for a pool that only looks at that. */
async function model(name: string, more: Partial<EngineConfig> = {}): Promise<EngineConfig> {
  const modelPath = join(folder, name);
  await writeFile(modelPath, '');
  await truncate(modelPath, 1e9);
  return { engine: 'sam2', modelPath, device: 'cpu', inputSize: 32, ...more };
}

/** Stands for the loading of engines, whose threads no test of the pool needs. */
class Loader {
  readonly opened: string[] = [];
  readonly closed: string[] = [];
  /** How many of the next loads or steps find no memory. */
  failures = 0;

  readonly open = async (config: EngineConfig): Promise<EngineHost> => {
    const name = config.modelPath.slice(folder.length + 1);
    this.#mayFail();
    this.opened.push(name);
    const host: Pick<EngineHost, 'identity' | 'work' | 'close' | 'drop' | 'step' | 'newTracker'> = {
      identity: { engine: 'sam2', model: { id: name, sha256: '' }, device: 'cpu', settings: {} },
      work: async () => ({ seconds: {}, counts: {} }),
      newTracker: () => 1,
      drop: async () => undefined,
      step: async () => {
        this.#mayFail();
        return [];
      },
      close: async () => void this.closed.push(name),
    };
    // biome-ignore lint/plugin: a use calls no other method of its host in these tests
    return host as EngineHost;
  };

  #mayFail(): void {
    if (this.failures === 0) return;
    this.failures -= 1;
    throw new RotoError('out_of_memory', 'The neural network ran out of memory.');
  }
}

function poolOf(loader: Loader, options: EnginePoolOptions = {}): EnginePool {
  return new EnginePool({ memoryBytes: 3.5e9, open: loader.open, ...options });
}

describe('EnginePool', () => {
  it('loads an engine once for jobs at a time and one after the other, whatever their rules', async () => {
    const loader = new Loader();
    const pool = poolOf(loader);
    const a = await model('a');
    const uses = await Promise.all(
      [a, { ...a, rules: resolveRules({ preset: 'benchmark' }) }].map((config) =>
        pool.use(config, setup),
      ),
    );
    for (const use of uses) await use.close();
    await (await pool.use(a, setup)).close();
    expect(loader).toMatchObject({ opened: ['a'], closed: [] });
    await pool.use({ ...a, inputSize: 64 }, setup);
    expect(loader.opened).toEqual(['a', 'a']);
  });

  it('drops the longest unused for a new one where memory is short, and never one in use', async () => {
    const loader = new Loader();
    const pool = poolOf(loader);
    const inUse = await pool.use(await model('a'), setup);
    await (await pool.use(await model('b'), setup)).close();
    const c = await pool.use(await model('c'), setup);
    expect(loader.closed).toEqual(['b']);
    const d = await pool.use(await model('d'), setup);
    // Three are in use and take more than they should: no job is cut off for that.
    expect(loader.closed).toEqual(['b']);
    await c.close();
    expect(loader.closed).toEqual(['b', 'c']);
    await Promise.all([inUse.close(), inUse.close(), d.close()]);
    expect(loader.closed).toEqual(['b', 'c']);
    await pool.close();
    expect(new Set(loader.closed)).toEqual(new Set(['a', 'b', 'c', 'd']));
  });

  it('keeps nothing loaded that nobody uses where that is asked for', async () => {
    const loader = new Loader();
    const use = await poolOf(loader, { keepIdle: false }).use(await model('a'), setup);
    await use.close();
    expect(loader.closed).toEqual(['a']);
  });

  it('drops what is idle where a load finds no memory, and tries once more', async () => {
    const loader = new Loader();
    const pool = poolOf(loader, { memoryBytes: 1e12 });
    await (await pool.use(await model('a'), setup)).close();
    loader.failures = 1;
    await pool.use(await model('b'), setup);
    expect(loader).toMatchObject({ opened: ['a', 'b'], closed: ['a'] });
  });

  it('does the same where a frame finds none, and then says what would fit', async () => {
    const loader = new Loader();
    const pool = poolOf(loader, { memoryBytes: 1e12 });
    const use = await pool.use(await model('a'), setup);
    await (await pool.use(await model('b'), setup)).close();
    loader.failures = 1;
    expect(await use.step(frame, [])).toEqual([]);
    expect(loader.closed).toEqual(['b']);
    loader.failures = 1;
    await expect(use.step(frame, [])).rejects.toMatchObject({
      code: 'out_of_memory',
      hint: expect.stringMatching(/^sam2.1-.* with an input size of \d+ takes about|--engine lite/),
    });
    loader.failures = 2;
    const failing = pool.use(await model('c'), setup);
    await expect(failing).rejects.toMatchObject({ code: 'out_of_memory' });
    // It is not remembered as failed.
    await pool.use(await model('c'), setup);
  });
});

describe('ROTO_MODEL_MEMORY', () => {
  it.each([
    ['6GiB', 6 * 2 ** 30],
    ['1.5 GB', 1.5e9],
    ['900mb', 9e8],
    ['123456', 123_456],
  ])('is read with its unit: %s', (text, bytes) => {
    expect(modelMemoryLimit({ ROTO_MODEL_MEMORY: text })).toBe(bytes);
  });

  it.each(['', undefined])('is half of the memory where it says nothing: %s', (text) => {
    expect(modelMemoryLimit({ ROTO_MODEL_MEMORY: text })).toBeGreaterThan(1e8);
  });

  it.each(['much', '-1', '4 apples', 'GiB'])('is refused where it is no size: %s', (text) => {
    expect(() => modelMemoryLimit({ ROTO_MODEL_MEMORY: text })).toThrow(
      expect.objectContaining({ code: 'invalid_argument', param: 'ROTO_MODEL_MEMORY' }),
    );
  });
});
