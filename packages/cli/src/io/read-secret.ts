import { RotoError } from '@roto/sdk/contract';
import type { Io } from './io.ts';

/** Characters of a token or a password at most; what is longer is another file. */
const longest = 4096;

/**
 * A token or a password from standard input, without the end of its line.
 * @throws RotoError `invalid_argument` where nothing, or far too much, comes
 */
export async function readSecret(io: Pick<Io, 'stdin' | 'signal'>, flag: string): Promise<string> {
  const secret = (await readAll(io)).replace(/\r?\n$/, '');
  if (secret !== '' && secret.length <= longest && !/[\r\n]/.test(secret)) return secret;
  throw new RotoError('invalid_argument', `Expected one line on standard input for ${flag}.`, {
    param: flag,
    hint: `For example: roto login ${flag} < secret.txt.`,
  });
}

function readAll({ stdin, signal }: Pick<Io, 'stdin' | 'signal'>): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const finish = () => {
      stdin.off('data', collect);
      signal.removeEventListener('abort', stop);
      stdin.pause();
      resolve(text);
    };
    const collect = (chunk: Buffer | string) => {
      text += chunk.toString();
      if (text.length > longest + 2) finish();
    };
    const stop = () => reject(signal.reason);
    stdin.on('data', collect);
    stdin.once('end', finish);
    stdin.once('error', finish);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
