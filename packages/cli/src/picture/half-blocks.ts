import type { Picture } from './picture.ts';

/** How colours are written: 24-bit RGB, or the 256-colour palette of xterm. */
export type BlockColors = 'rgb' | 'palette';

/** Control sequence introducer (ECMA-48). */
const csi = '\u001b[';

/**
 * A picture as lines of upper half blocks: each character shows two pixels, one above the other.
 * An odd last row has nothing below it.
 */
export function halfBlocks({ width, height, rgb }: Picture, colors: BlockColors): string[] {
  const pixel = (x: number, y: number): readonly [number, number, number] => {
    const at = (y * width + x) * 3;
    return [rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0];
  };
  return Array.from({ length: Math.ceil(height / 2) }, (_, row) => {
    let line = '';
    let previous = '';
    for (let x = 0; x < width; x += 1) {
      const top = colorCode(pixel(x, row * 2), colors);
      const hasBelow = row * 2 + 1 < height;
      const below = hasBelow ? `;48;${colorCode(pixel(x, row * 2 + 1), colors)}` : ';49';
      const style = `${csi}38;${top}${below}m`;
      line += style === previous ? '▀' : `${style}▀`;
      previous = style;
    }
    return `${line}${csi}0m`;
  });
}

function colorCode([r, g, b]: readonly [number, number, number], colors: BlockColors): string {
  return colors === 'rgb' ? `2;${r};${g};${b}` : `5;${paletteIndex(r, g, b)}`;
}

/** Levels of the 6x6x6 colour cube of xterm. */
const levels = [0, 95, 135, 175, 215, 255] as const;

/** The nearest of xterm's 256 colours, out of the colour cube and the grey ramp. */
export function paletteIndex(r: number, g: number, b: number): number {
  const [red, green, blue] = [nearestLevel(r), nearestLevel(g), nearestLevel(b)];
  const cube = distance([r, g, b], [levelAt(red), levelAt(green), levelAt(blue)]);
  const grey = Math.min(23, Math.max(0, Math.round(((r + g + b) / 3 - 8) / 10)));
  const ramp = 8 + grey * 10;
  if (distance([r, g, b], [ramp, ramp, ramp]) < cube) return 232 + grey;
  return 16 + 36 * red + 6 * green + blue;
}

function levelAt(index: number): number {
  return levels[index] ?? 0;
}

function nearestLevel(value: number): number {
  return levels.reduce<number>(
    (best, level, index) =>
      Math.abs(level - value) < Math.abs(levelAt(best) - value) ? index : best,
    0,
  );
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + (value - (b[index] ?? 0)) ** 2, 0);
}
