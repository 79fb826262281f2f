import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Shot } from '@roto/sdk/contract';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { childrenOf, hasProc } from '../../../e2e/support/child-processes.ts';
import { ClipFolder, moving } from '../../inference/test/media-clips.ts';
import { main } from '../src/main.ts';
import { createFakeIo } from './support/fake-io.ts';

const bin = fileURLToPath(new URL('./support/source-bin.ts', import.meta.url));
const hasScript = (process.env['PATH'] ?? '')
  .split(delimiter)
  .some((path) => existsSync(join(path, 'script')));
const folder = new ClipFolder();
const esc = '\u001b';
const quick = ['--quality', 'draft', '--input-size', '256'];

beforeAll(async () => {
  await folder.open();
  await folder.make('plate.mkv', moving(4, '160x80'), ['-c:v', 'ffv1', '-pix_fmt', 'bgr0']);
});
afterAll(() => folder.close());

/** A run in a terminal of 80 x 24 cells; afterwards the terminal says how it is set. */
function startInTerminal(words: readonly string[]) {
  const command = ['pick', 'plate.mkv', '--local', '--cache', 'cache', ...quick, ...words];
  const quoted = [process.execPath, '--conditions=roto-source', bin, ...command]
    .map((word) => `'${word}'`)
    .join(' ');
  const script = `stty cols 80 rows 24; ${quoted}; echo "status $?"; stty -a`;
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TERM: 'xterm-256color', COLORTERM: 'truecolor' };
  const child = spawn('script', ['-qec', script, '/dev/null'], { cwd: folder.path, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    child,
    ended,
    text: () => text,
    type: (keys: string) => void child.stdin.write(keys),
    /** Waits until something was drawn after what was there so far. */
    until: async (wanted: RegExp) => {
      await expect.poll(() => text, { timeout: 60_000, interval: 50 }).toMatch(wanted);
      text = '';
    },
  };
}

/** The terminal echoes again, keeps lines, shows its own screen and hears no mouse. */
function expectRestored(text: string): void {
  for (const end of ['?1049l', '?1000l', '?1006l', '?25h']) expect(text).toContain(`${esc}[${end}`);
  expect(text).toMatch(/(?<!-)\bicanon\b/);
  expect(text).toMatch(/(?<!-)\becho\b/);
}

describe.skipIf(!hasScript)('roto pick in a terminal (needs script)', () => {
  it('picks by mouse and keys, and saves what roto mask writes for the same points', async () => {
    const roto = startInTerminal([]);
    await roto.until(/frame 0/);
    // 80 x 20 cells of two pixels by four.
    roto.type(`${esc}[<0;31;6M${esc}[<0;31;6m`);
    await roto.until(/matte (\d+%|lost)/);
    roto.type(`${esc}[<2;71;16M${esc}[<2;71;16m`);
    await roto.until(/matte (\d+%|lost)/);
    roto.type('.t');
    await roto.until(/frame 1[\s\S]*matte (\d+%|lost)/);
    roto.type('q');
    await roto.until(/not saved: s saves it/);
    roto.type('s');
    await roto.until(/Saved;/);
    roto.type('q');
    await roto.ended;
    expect(roto.text()).toMatch(/saved: roto mask --shot plate\.roto\.json --local\s+status 0/);
    expectRestored(roto.text());

    const read = (name: string) => readFile(join(folder.path, name), 'utf8');
    const saved = await read('plate.roto.json');
    expect(Shot.parse(JSON.parse(saved)).objects[0]?.prompts).toEqual([
      {
        frame: 0,
        points: [
          { x: 61, y: 22, label: 'positive' },
          { x: 141, y: 62, label: 'negative' },
        ],
      },
    ]);
    const points = [
      '--points',
      '61,22@0',
      '--negative',
      '141,62@0',
      '--save-shot',
      'mask.roto.json',
    ];
    const io = createFakeIo({ cwd: folder.path });
    await main(
      ['mask', 'plate.mkv', '--local', '--dry-run', '--cache', 'c', ...quick, ...points],
      io,
    );
    expect(await read('mask.roto.json')).toBe(saved);
  }, 120_000);

  it.skipIf(!hasProc)(
    'draws pictures for kitty, and leaves the terminal as it was by SIGTERM',
    async () => {
      const roto = startInTerminal(['--save-shot', 'kitty.roto.json']);
      // What kitty answers, and what it is; there before it is asked, as the answer may not be late.
      roto.type(`${esc}_Gi=31;OK${esc}\\${esc}[?62c`);
      await roto.until(/_Ga=T,q=2,f=24,o=z,s=640,v=320,c=80,r=20,z=-1/);
      const [shell = 0] = childrenOf(roto.child.pid ?? 0);
      const [node = 0] = childrenOf(shell);
      process.kill(node, 'SIGTERM');
      await roto.ended;
      expect(roto.text()).toContain('status 143');
      expectRestored(roto.text());
    },
    120_000,
  );

  it('is left by Ctrl-C with status 130, and the terminal is as it was', async () => {
    const roto = startInTerminal(['--save-shot', 'left.roto.json']);
    await roto.until(/frame 0/);
    roto.type('\u0003');
    await roto.ended;
    expect(roto.text()).toContain('status 130');
    expectRestored(roto.text());
  }, 120_000);
});
