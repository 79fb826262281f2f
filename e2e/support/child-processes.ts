import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether the system tells of its processes in `/proc`. */
export const hasProc = existsSync('/proc/self/stat');

interface ProcessState {
  readonly parent: number;
  /** `Z`: it has ended, and nobody has asked how. */
  readonly state: string;
}

/** Numbers of the processes that `pid` started and that run. */
export function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((each) => {
    const state = stateOf(each);
    return state?.parent === pid && state.state !== 'Z';
  });
}

/** Waits until none of the processes runs any more; those that still do after `timeoutMs`. */
export async function stillRunning(pids: readonly number[], timeoutMs: number): Promise<number[]> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const left = pids.filter((pid) => (stateOf(pid)?.state ?? 'Z') !== 'Z');
    if (left.length === 0 || Date.now() >= end) return left;
    await sleep(50);
  }
}

function stateOf(pid: number): ProcessState | undefined {
  try {
    const [, state = '', parent] =
      /\) (\S) (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
