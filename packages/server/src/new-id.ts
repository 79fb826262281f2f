import { randomBytes } from 'node:crypto';
import { type IdKind, idAlphabet, idLength, idPrefixes } from '@roto/sdk/contract';

/** A new id of one kind: nobody can guess it, and none comes twice. */
export function newId(kind: IdKind): string {
  let text = '';
  for (const byte of randomBytes(idLength)) text += idAlphabet.charAt(byte % idAlphabet.length);
  return `${idPrefixes[kind]}_${text}`;
}
