import { spawnSync } from 'node:child_process';
import { parentPort } from 'node:worker_threads';
import { RotoError } from '@roto/sdk/contract';
import { type CallHandler, serveCalls } from '../../src/thread/serve-calls.ts';

/** Calls that fail and end in every way a thread can. */
const handlers: Record<string, CallHandler> = {
  echo: async (argument) => ({ value: argument }),
  count: async (argument, emit) => {
    for (let i = 0; i < Number(argument); i += 1) emit(i);
    return { value: 'counted' };
  },
  refuse: async () => {
    throw new RotoError('device_unavailable', 'No such device.', { param: 'device', hint: 'h' });
  },
  throw: async () => {
    throw new TypeError('not ours');
  },
  crash: async () => {
    setImmediate(() => {
      throw new Error('outside of any call');
    });
    return new Promise(() => {});
  },
  exit: async () => process.exit(3),
  linger: async () => {
    setImmediate(() => spawnSync(process.execPath, ['-e', 'setTimeout(() => 0, 800)']));
    return { value: 'answered' };
  },
  hang: async () => new Promise(() => {}),
};

if (parentPort !== null) serveCalls(parentPort, handlers);
