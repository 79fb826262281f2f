import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type RunningServer, serve } from '../../../server/src/bin/serve.ts';
import { createLog } from '../../../server/src/log.ts';
import { mailsIn, tokenOf } from '../../../server/test/support/mails.ts';
import { main } from '../../src/main.ts';
import { createFakeIo } from './fake-io.ts';

export const password = 'a long enough password';

/** What a command gave. */
export interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** A service on a socket, and a home with the logins of commands. */
export interface AccountServer {
  readonly origin: string;
  /** Where commands run; the settings are in `config`, the service's data in `data`. */
  readonly folder: string;
  readonly data: string;
  /** Runs a command line as somebody who has signed in, or has not yet. */
  roto(words: readonly string[], given?: Given): Promise<Said>;
  /** The document that a command prints with `--json`; throws where it fails. */
  document(words: readonly string[], given?: Given): Promise<unknown>;
  /** Makes an account, confirms it, and signs in to it as the profile. */
  signIn(email: string, profile?: string): Promise<void>;
  close(): Promise<void>;
}

interface Given {
  /** What comes on standard input. */
  readonly typed?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Stops the command, as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

/** Starts the service on a free port, with whatever of its environment is said. */
export async function startAccountServer(
  env: Readonly<Record<string, string>> = {},
): Promise<AccountServer> {
  const folder = await mkdtemp(join(tmpdir(), 'roto-account-'));
  const data = join(folder, 'data');
  const server: RunningServer = await serve({
    env,
    cwd: folder,
    flags: { data, port: 0 },
    log: createLog('silent'),
  });
  let mails = 0;
  const roto = async (words: readonly string[], { typed = '', env: more, signal }: Given = {}) => {
    const io = createFakeIo({
      cwd: folder,
      env: {
        XDG_CONFIG_HOME: join(folder, 'config'),
        XDG_STATE_HOME: join(folder, 'state'),
        ...more,
      },
      stdin: Readable.from([typed]),
      ...(signal === undefined ? {} : { signal }),
    });
    const status = await main(words, io);
    return { status, out: io.stdout.text, err: io.stderr.text };
  };
  return {
    origin: server.origin,
    folder,
    data,
    roto,
    async document(words, given) {
      const { status, out, err } = await roto([...words, '--json'], given);
      if (status !== 0) throw new Error(`roto ${words.join(' ')}: ${status} ${out} ${err}`);
      return JSON.parse(out);
    },
    async signIn(email, profile = 'default') {
      const place = ['--base-url', server.origin, '--profile', profile];
      const who = ['--email', email, '--password-stdin', ...place];
      await roto(['register', ...who], { typed: password });
      mails += 1;
      await roto(['confirm', tokenOf((await mailsIn(data, mails)).at(-1)), ...place]);
      const { status, err } = await roto(['login', ...who], { typed: password });
      if (status !== 0) throw new Error(err);
    },
    async close() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
