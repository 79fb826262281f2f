import { main } from '../../src/main.ts';
import { createFakeBackend, type FakeBackend, type FakeBackendOptions } from './fake-backend.ts';
import { createFakeIo } from './fake-io.ts';

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly backend: FakeBackend;
}

/** Runs a command line, words parted by spaces, on the fake engine; gives what came out where. */
export async function runRoto(
  line: string | readonly string[],
  cwd: string,
  options: FakeBackendOptions = {},
): Promise<Ran> {
  const argv = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line;
  const io = createFakeIo({ cwd });
  const backend = createFakeBackend(options);
  const status = await main(argv, io, { loadBackend: () => Promise.resolve(backend) });
  return { status, out: io.stdout.text, err: io.stderr.text, backend };
}

/** The shot that reached the engine. */
export function shotOf({ backend }: Ran) {
  const call = backend.calls.find(({ name }) => name !== 'probe');
  if (call === undefined || !('shot' in call)) throw new Error('Expected a shot to be run');
  return call.shot;
}
