import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
  const file = await RunFile.create(path);
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
  it('gives back what was appended, while it is written and when it is opened again', async () => {
    const file = await RunFile.create(path);
    for (const frame of [3, 2, -1]) await file.append(frame, Buffer.from(`frame ${frame}`));
    expect((await file.read(2))?.toString()).toBe('frame 2');
    await file.close();
    expect(await framesIn()).toEqual([3, 2, -1]);
    const again = await RunFile.openForReading(path);
    expect((await again?.read(-1))?.toString()).toBe('frame -1');
    expect(await again?.read(7)).toBeUndefined();
    await again?.close();
  });

  it('keeps the first bytes of a frame that is appended twice', async () => {
    const file = await RunFile.create(path);
    await file.append(1, Buffer.from('first'));
    await file.append(1, Buffer.from('second'));
    expect((await file.read(1))?.toString()).toBe('first');
    await file.close();
  });

  it('gives what another appended since it was opened, a record once it is whole', async () => {
    const writer = await RunFile.create(path);
    await writer.append(1, Buffer.from('frame 1'));
    const reader = await RunFile.openForReading(path);
    await writer.append(2, Buffer.from('frame 2'));
    expect(reader?.has(2)).toBe(false);
    await reader?.readOn();
    expect((await reader?.read(2))?.toString()).toBe('frame 2');
    await writer.append(3, Buffer.from('frame 3'));
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, -1));
    await reader?.readOn();
    expect(reader?.has(3)).toBe(false);
    await writeFile(path, whole);
    await reader?.readOn();
    expect((await reader?.read(3))?.toString()).toBe('frame 3');
    await writer.close();
    await reader?.close();
  });

  it('never appends to a file that is there', async () => {
    await write([1]);
    await expect(RunFile.create(path)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('does not read a last record torn at any byte', async () => {
    await write([1, 2, 3]);
    const whole = await readFile(path);
    const record = whole.length / 3;
    for (let size = 2 * record; size < whole.length; size += 1) {
      await writeFile(path, whole.subarray(0, size));
      expect(await framesIn()).toEqual([1, 2]);
    }
  });

  it('reads up to a record with any wrong byte and not beyond', async () => {
    await write([1, 2, 3]);
    const whole = await readFile(path);
    const record = whole.length / 3;
    for (let at = record; at < 2 * record; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x40;
      await writeFile(path, damaged);
      expect(await framesIn()).toEqual([1]);
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
