import { z } from 'zod';

/** Kinds of things with an id of ours, by the prefix the id starts with. */
export const idPrefixes = {
  user: 'usr',
  video: 'vid',
  task: 'tsk',
  apiKey: 'key',
  upload: 'upl',
  file: 'fil',
  webhook: 'whk',
  delivery: 'dlv',
  action: 'act',
  worker: 'wrk',
  transaction: 'txn',
  refreshToken: 'rft',
  oneTimeToken: 'ott',
  mail: 'mal',
  result: 'res',
  preview: 'prv',
} as const;

/** A kind of thing that has an id. */
export type IdKind = keyof typeof idPrefixes;

/** Characters of an id behind its prefix: 32 of them, without those that are read as another. */
export const idAlphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Characters behind the prefix: 100 bits. */
export const idLength = 20;

/** Schema of the ids of one kind: `usr_` and 20 characters. */
export function idOf(kind: IdKind): z.ZodString {
  const prefix = idPrefixes[kind];
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[${idAlphabet}]{${idLength}}$`), {
      error: `Expected an id that starts with ${prefix}_ and has ${idLength} characters behind it`,
    })
    .meta({ description: `Id: ${prefix}_…`, example: `${prefix}_0123456789abcdefghjk` });
}
