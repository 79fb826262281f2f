import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallingThread } from './calling-thread.ts';

const script = new URL('../../test/support/echo-thread.ts', import.meta.url);
let thread = new CallingThread(script, 'roto test');
beforeEach(() => {
  thread = new CallingThread(script, 'roto test');
});
afterEach(() => thread.close());

describe('CallingThread', () => {
  it('gives every call its own answer, and events in between', async () => {
    const events: unknown[] = [];
    const counted = thread.call('count', 3, { onEvent: (event) => events.push(event) });
    expect(await Promise.all([counted, thread.call('echo', 'a')])).toEqual(['counted', 'a']);
    expect(events).toEqual([0, 1, 2]);
  });

  it('brings errors of ours over with code, param and hint, and others as engine_failed', async () => {
    await expect(thread.call('refuse', 0)).rejects.toMatchObject({
      code: 'device_unavailable',
      param: 'device',
      hint: 'h',
    });
    await expect(thread.call('throw', 0)).rejects.toMatchObject({ code: 'engine_failed' });
    expect(await thread.call('echo', 1)).toBe(1);
  });

  it.each(['crash', 'exit'])(
    'fails what is under way and what comes after when the thread dies: %s',
    async (end) => {
      const dying = thread.call(end, 0);
      const behind = thread.call('echo', 0);
      await expect(dying).rejects.toMatchObject({ code: 'engine_failed' });
      await expect(behind).rejects.toMatchObject({ code: 'engine_failed' });
      await expect(thread.call('echo', 0)).rejects.toMatchObject({ code: 'engine_failed' });
    },
  );

  it('fails what is under way when it is closed', async () => {
    const waiting = expect(thread.call('hang', 0)).rejects.toMatchObject({ code: 'internal' });
    await thread.close();
    await waiting;
  });

  it('fails the call whose listener throws, and no other', async () => {
    const failing = thread.call('count', 2, {
      onEvent: () => {
        throw new Error('listener');
      },
    });
    await expect(failing).rejects.toThrow('listener');
    expect(await thread.call('echo', 1)).toBe(1);
  });

  it('refuses what cannot be sent, and goes on', async () => {
    await expect(thread.call('echo', () => 0)).rejects.toThrow(/could not be cloned/);
    expect(await thread.call('echo', 1)).toBe(1);
  });

  it('lets the process end by itself, closed or not', () => {
    const ended = runProgram(`
      const open = new CallingThread(script, 'roto test');
      await open.call('echo', 1);
      await open.call('echo', () => 0).catch(() => undefined);
      const closed = new CallingThread(script, 'roto test');
      await closed.call('echo', 1);
      await closed.close();
      await closed.close();
      console.log('done');
    `);
    expect(ended).toMatchObject({ status: 0, stdout: 'done\n', signal: null });
  });

  it('keeps the process until it is closed, though a last answer comes while it closes', () => {
    const ended = runProgram(`
      const closing = new CallingThread(script, 'roto test');
      await closing.call('echo', 1);
      void closing.call('linger', 1);
      // The answer waits in the queue when the thread is told to end, and the thread takes a while.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
      await closing.close();
      console.log('closed');
    `);
    expect(ended).toMatchObject({ status: 0, stdout: 'closed\n', signal: null });
  });
});

/** Runs a program of its own, in which `CallingThread` and the test's `script` are known. */
function runProgram(lines: string): SpawnSyncReturns<string> {
  const from = JSON.stringify(new URL('./calling-thread.ts', import.meta.url).href);
  const program = `
    const { CallingThread } = await import(${from});
    const script = new URL(${JSON.stringify(script.href)});
    ${lines}
  `;
  const args = ['--conditions=roto-source', '--input-type=module', '-e', program];
  return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
}
