import { type EnginePool, runShot } from '@roto/inference';
import type { RunAnswer, RunArgument } from '../host/host-calls.ts';
import type { HostCallContext } from './serve-host-calls.ts';

/** Runs a shot as a local run does. What an earlier attempt left in the folder is replaced. */
export function runAsAsked(
  { shot, base, out, cache }: RunArgument,
  { engines, signal, onEvent }: HostCallContext & { readonly engines: EnginePool },
): Promise<RunAnswer> {
  const options = { base, out, cache, engines, overwrite: true, signal, onEvent };
  return runShot(shot, options);
}
