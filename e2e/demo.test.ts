import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { readMatte } from '../examples/demo/score-mattes.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

it('npm run demo cuts the balloon out and says how well, with which engine', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roto-demo-'));
  folders.push(folder);
  const args = [join(root, 'scripts', 'workspace.mjs'), 'demo', '--frames', '8', '--out', folder];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  expect(stdout).toMatch(/engine +lite, model mobilesam, on cpu/);
  expect(stdout).toMatch(/time +[\d.]+ s a frame/);
  const [, mean, least, frames] =
    /IoU +([\d.]+) mean, ([\d.]+) least, over the (\d+)/.exec(stdout) ?? [];
  expect(Number(mean)).toBeGreaterThan(0.85);
  expect(Number(least)).toBeGreaterThan(0.8);
  expect(frames).toBe('8');
  expect(stdout).toMatch(/Open \S*contact-sheet\.png/);
  expect(await readdir(join(folder, 'balloon'))).toHaveLength(8);
  expect(await readdir(folder)).toEqual(
    expect.arrayContaining(['balloon.mov', 'greenscreen.mp4', 'contact-sheet.png', 'clip.mp4']),
  );
  // Four pictures a row, none of them missing.
  const sheet = await readMatte(join(folder, 'contact-sheet.png'));
  expect(sheet.width).toBeGreaterThan(4 * 320);
  expect(sheet.height).toBeGreaterThan(8 * 180);
}, 180_000);
