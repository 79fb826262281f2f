/**
 * Lengths of the runs of a mask in column order, beginning with the (perhaps empty) run of zeros, as
 * COCO counts them. `alpha` has rows from the top; at least half of 65535 is inside.
 */
export function runLengths(alpha: Uint16Array, width: number, height: number): number[] {
  const runs: number[] = [];
  let inside = false;
  let length = 0;
  for (let x = 0; x < width; x++) {
    for (let i = x; i < width * height; i += width) {
      if ((alpha[i] ?? 0) >= 32768 !== inside) {
        runs.push(length);
        inside = !inside;
        length = 0;
      }
      length += 1;
    }
  }
  runs.push(length);
  return runs;
}

/**
 * COCO's compressed string of run lengths: from the fourth on the difference to the one two before,
 * five bits a character from the low end, bit 32 for "more to come", from character 48 on.
 * Format of pycocotools' `rleToString`.
 */
export function compressRuns(runs: readonly number[]): string {
  let text = '';
  for (const [i, run] of runs.entries()) {
    let rest = i > 2 ? run - (runs[i - 2] ?? 0) : run;
    let more = true;
    while (more) {
      const bits = rest & 31;
      rest >>= 5;
      // The sign of what is left must be that of the highest bit written.
      more = (bits & 16) === 0 ? rest !== 0 : rest !== -1;
      text += String.fromCharCode((more ? bits | 32 : bits) + 48);
    }
  }
  return text;
}
