import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFile } from './run-file.ts';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto-run-'));
  path = join(folder, 'a.run');
});
afterEach(() => rm(folder, { recursive: true }));

async function write(frames: readonly number[]): Promise<void> {
  const file = await RunFile.openForAppending(path);
  for (const frame of frames) await file.append(frame, Buffer.from(`frame ${frame}`));
  await file.close();
}

async function framesIn(): Promise<readonly number[]> {
  const file = await RunFile.openForReading(path);
  const frames = file?.frames ?? [];
  await file?.close();
  return frames;
}

describe('RunFile', () => {
  it('gives back what was appended, also after it was opened again', async () => {
    await write([3, 2, -1]);
    await write([-2]);
    expect(await framesIn()).toEqual([3, 2, -1, -2]);
    const file = await RunFile.openForReading(path);
    expect((await file?.read(-1))?.toString()).toBe('frame -1');
    expect(await file?.read(7)).toBeUndefined();
    await file?.close();
  });

  it('keeps the first bytes of a frame that is appended twice', async () => {
    await write([1]);
    const before = await readFile(path);
    await write([1]);
    expect(await readFile(path)).toEqual(before);
  });

  it('cuts a torn last record off at any byte and goes on after the last whole one', async () => {
    await write([1, 2]);
    const whole = await readFile(path);
    await write([3]);
    const longer = await readFile(path);
    for (let size = whole.length; size < longer.length; size += 1) {
      await writeFile(path, longer);
      await truncate(path, size);
      expect(await framesIn()).toEqual([1, 2]);
      await write([3]);
      expect(await readFile(path)).toEqual(longer);
    }
  });

  it('stops at bytes that are no record', async () => {
    await write([1]);
    await appendFile(path, Buffer.alloc(64, 0xff));
    expect(await framesIn()).toEqual([1]);
  });

  it('is undefined where there is no file', async () => {
    expect(await RunFile.openForReading(join(folder, 'none.run'))).toBeUndefined();
  });
});
