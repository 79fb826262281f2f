import { type RleMask, RotoError } from '@roto/sdk/contract';

/**
 * A mask as bytes of 0 and 1, rows from the top, out of COCO's compressed run lengths.
 * @throws RotoError `reply_unreadable` where it is none
 */
export function maskOf({ size: [height, width], counts }: RleMask): Uint8Array {
  const mask = new Uint8Array(width * height);
  let at = 0;
  let value = 0;
  for (const run of runsOf(counts)) {
    if (run < 0 || at + run > mask.length) throw unreadable();
    // Runs go down the columns.
    for (const end = at + run; at < end; at += 1) {
      mask[(at % height) * width + Math.floor(at / height)] = value;
    }
    value = 1 - value;
  }
  if (at !== mask.length) throw unreadable();
  return mask;
}

/** LEB128-like digits of five bits; from the third run on, the difference to the run two before. */
function runsOf(counts: string): number[] {
  const runs: number[] = [];
  let value = 0;
  let shift = 0;
  for (const char of counts) {
    const digit = char.charCodeAt(0) - 48;
    if (digit < 0 || digit > 63 || shift > 30) throw unreadable();
    value |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    if ((digit & 16) !== 0 && shift < 32) value |= -1 << shift;
    runs.push(runs.length > 2 ? value + (runs[runs.length - 2] ?? 0) : value);
    value = 0;
    shift = 0;
  }
  return runs;
}

function unreadable(): RotoError {
  return new RotoError('reply_unreadable', 'The server answered a mask that cannot be read.');
}
