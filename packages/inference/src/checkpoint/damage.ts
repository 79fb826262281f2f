import { RotoError } from '@roto/sdk/contract';

/** Text of an untrusted file for a message: quoted, escaped, and cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** The error for a file that is no whole checkpoint; `what` says what is wrong in it. */
export function damaged(path: string, what: string, cause?: unknown): RotoError {
  return new RotoError('model_corrupt', `The checkpoint ${path} cannot be used: ${what}.`, {
    param: 'model',
    hint: 'Download or copy the file again; roto models verify checks an installed model.',
    ...(cause === undefined ? {} : { cause }),
  });
}
