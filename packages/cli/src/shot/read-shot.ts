import { open } from 'node:fs/promises';
import { parseShot, RotoError, type Shot } from '@roto/sdk/contract';
import { quoted } from '../args/numbers.ts';

/** Bytes of a shot document; honest ones with thousands of prompts stay far below. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Reads a shot document.
 * @throws RotoError `source_not_found`, `invalid_shot`
 */
export async function readShot(path: string): Promise<Shot> {
  const text = await readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RotoError('invalid_shot', `Expected JSON in the shot document ${quoted(path)}.`, {
      param: '--shot',
      ...(cause instanceof Error ? { hint: `${cause.message}.` } : {}),
      cause,
    });
  }
  return parseShot(value);
}

/** Never more than {@link maxBytes} and one: what is behind the path may have no end. */
async function readText(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    if (!(await file.stat()).isFile()) throw unreadable(path, 'it is not a file');
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) return buffer.toString('utf8', 0, length);
      length += bytesRead;
    }
    throw new RotoError(
      'invalid_shot',
      `Expected a shot document of at most 16 MiB, but ${quoted(path)} is larger.`,
      { param: '--shot' },
    );
  } catch (cause) {
    if (cause instanceof RotoError) throw cause;
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw unreadable(path, missing ? 'it is not there' : 'it cannot be read', cause);
  }
}

function unreadable(path: string, reason: string, cause?: unknown): RotoError {
  return new RotoError(
    'source_not_found',
    `Expected a shot document at ${quoted(path)}, but ${reason}.`,
    { param: '--shot', ...(cause === undefined ? {} : { cause }) },
  );
}
