import { RotoError } from './contract/errors.ts';

/** Why a runtime without files cannot do this. */
export function noFiles(what: string): RotoError {
  return new RotoError('invalid_argument', `Expected a runtime with files to ${what}.`, {
    hint: 'Run this on Node, Bun or Deno, or give a Blob or a File.',
  });
}
