import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClipFolder, moving } from '../packages/inference/test/media-clips.ts';
import { startInTerminal, type TerminalOptions } from './support/terminal.ts';

const bin = fileURLToPath(new URL('../packages/cli/bin/roto.js', import.meta.url));
const clips = new ClipFolder();
const showCursor = '\u001b[?25h';
const hideCursor = '\u001b[?25l';

beforeAll(async () => {
  await clips.open();
  await clips.make('plate.mkv', moving(5, '96x64', '24'), ['-c:v', 'ffv1', '-pix_fmt', 'bgr0']);
});
afterAll(() => clips.close());

/** The command in a terminal, in the folder of the clip. */
function roto(words: readonly string[], options: Partial<TerminalOptions> = {}) {
  return startInTerminal(process.execPath, [bin, ...words], { cwd: clips.path, ...options });
}

function mask(cache: string, out: string): string[] {
  const quick = ['--quality', 'draft', '--input-size', '256', '--engine', 'lite'];
  return ['mask', 'plate.mkv', '-p', '48,32@0', ...quick, '--local', '--cache', cache, '-o', out];
}

describe('in a terminal', () => {
  it('progress is drawn over and over in its place, narrower after a resize, and stays at the end', async () => {
    const run = roto(mask('cache', 'drawn'));
    await run.said('plate.mkv  96x64');
    run.resize(44, 24);
    const { status, text, plain } = await run.ended;
    expect(status).toBe(0);
    // Lines above the cursor are taken away before they are drawn again.
    expect(text).toContain('\u001b[1A');
    expect(plain).toContain('5/5');
    expect(plain).toContain('matte  found on');
    expect(text.lastIndexOf(showCursor)).toBeGreaterThan(text.lastIndexOf(hideCursor));
  });

  it('the first Ctrl-C stops the run in order, shows the cursor again, and exits with 130', async () => {
    const run = roto(mask('stopped-cache', 'stopped'));
    await run.said('plate.mkv  96x64');
    run.type('\u0003');
    const { status, text, plain } = await run.ended;
    expect(status).toBe(130);
    expect(plain).toContain('Stopped by Ctrl-C');
    expect(text.lastIndexOf(showCursor)).toBeGreaterThan(text.lastIndexOf(hideCursor));
  });

  it('a second Ctrl-C needs no patience, and leaves the cursor visible', async () => {
    const run = roto(mask('killed-cache', 'killed'));
    await run.said('plate.mkv  96x64');
    run.type('\u0003');
    run.type('\u0003');
    const { status, signal, text } = await run.ended;
    // Either the run had stopped in order by then, or the signal itself ended it.
    expect(signal === 2 || status === 130).toBe(true);
    expect(text.lastIndexOf(showCursor)).toBeGreaterThan(text.lastIndexOf(hideCursor));
  });

  it('nothing is drawn over itself with TERM=dumb, and there are no escapes', async () => {
    const { status, text, plain } = await roto(mask('cache', 'dumb'), { term: 'dumb' }).ended;
    expect(status).toBe(0);
    expect(text).not.toContain('\u001b');
    expect(plain).toContain('export 100 %');
  });

  it('NO_COLOR leaves the drawing without colours', async () => {
    const { status, text } = await roto(mask('cache', 'plain'), { env: { NO_COLOR: '1' } }).ended;
    expect(status).toBe(0);
    for (const style of [32, 33, 36]) expect(text).not.toContain(`\u001b[${style}m`);
  });

  it('of 30 columns every line of the display fits', async () => {
    const run = roto([...mask('cache', 'narrow'), '--json'], { columns: 30 });
    const { status, plain } = await run.ended;
    expect(status).toBe(0);
    const drawn = plain.split('\n').filter((line) => !line.startsWith('{'));
    for (const line of drawn) expect([...line].length).toBeLessThanOrEqual(30);
  });

  it('a reader that goes away is no failure', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash writes its variables in this way
    const script = '"$0" "$1" help mask | head -n 1; echo "ends ${PIPESTATUS[*]}"';
    const { plain } = await startInTerminal('bash', ['-c', script, process.execPath, bin], {
      cwd: clips.path,
    }).ended;
    expect(plain).toMatch(/^Usage: roto mask .*\nends 0 0\n$/);
  });

  it('a password is asked for without being shown, and Ctrl-C ends the question with 130', async () => {
    const env = { XDG_CONFIG_HOME: join(clips.path, 'config') };
    const login = ['login', '--base-url', 'http://127.0.0.1:9', '--email', 'ada@example.com'];
    const asked = roto(login, { env });
    await asked.said('Password');
    asked.type('secret words');
    await asked.said('************');
    asked.type('\r');
    const { status, plain } = await asked.ended;
    expect([status, plain.includes('secret')]).toEqual([5, false]);
    const stopped = roto(login, { env });
    await stopped.said('Password');
    stopped.type('\u0003');
    expect((await stopped.ended).status).toBe(130);
  });
});
