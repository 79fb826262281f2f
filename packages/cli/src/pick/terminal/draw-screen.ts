import type { Graphics } from '../../picture/detect-graphics.ts';
import { halfBlocks, paletteIndex } from '../../picture/half-blocks.ts';
import { iterm2Picture } from '../../picture/iterm2.ts';
import { kittyPicture } from '../../picture/kitty.ts';
import type { Picture } from '../../picture/picture.ts';
import { sixelPicture } from '../../picture/sixel-picture.ts';
import type { Size } from '../view-geometry.ts';
import type { PaintedPrompt } from './paint-marks.ts';
import { colorBytes } from './paint-view.ts';
import { cellOf, type TerminalState } from './terminal-state.ts';

/** Graphics with which something can be picked. */
export type PickGraphics = Exclude<Graphics, { readonly kind: 'none' }>;

const csi = '\u001b[';

/** Another screen, so that what was on the terminal comes back; the mouse as xterm tells of it. */
export const enterScreen = `${csi}?1049h${csi}2J${csi}?1000h${csi}?1002h${csi}?1006h`;
/** Everything of {@link enterScreen} taken back, with the pictures of kitty. */
export const leaveScreen = `\u001b_Ga=d,q=2\u001b\\${csi}?1006l${csi}?1002l${csi}?1000l${csi}0m${csi}?25h${csi}?1049l`;

/** Takes away what a screen of another size left. */
export const clearScreen = `${csi}2J`;

/** Rows below the picture. */
export const statusRows = 4;

/** Pixels that one cell is painted with. */
export function cellPixels(graphics: PickGraphics): Size {
  switch (graphics.kind) {
    case 'blocks':
      return { width: 1, height: 2 };
    case 'sixel':
      return graphics.cell;
    case 'kitty':
    case 'iterm2':
      return { width: 8, height: 16 };
  }
}

/** A painted picture in the upper left corner of the screen, `area` cells large. */
export async function pictureOnScreen(
  graphics: PickGraphics,
  painted: Picture,
  area: Size,
  encode: (picture: Picture) => Promise<Uint8Array>,
): Promise<string> {
  switch (graphics.kind) {
    case 'kitty': {
      const cells = { columns: area.width, rows: area.height };
      // The one before is taken away, and the text of the cells above it too.
      return `\u001b_Ga=d,q=2\u001b\\${csi}H${kittyPicture(painted, cells, { behindText: true })}`;
    }
    case 'iterm2':
      return `${csi}H${iterm2Picture(await encode(painted), area.width, area.height)}`;
    case 'sixel':
      return `${csi}H${sixelPicture(painted)}`;
    case 'blocks': {
      const lines = halfBlocks(painted, graphics.colors);
      return lines.map((line, row) => `${csi}${row + 1};1H${line}`).join('');
    }
  }
}

/** The signs of points, where a picture of blocks has no room for more than a character each. */
export function signsOnScreen(
  graphics: PickGraphics,
  state: Pick<TerminalState, 'view' | 'area'>,
  prompts: readonly PaintedPrompt[],
): string {
  if (graphics.kind !== 'blocks') return '';
  const { colors } = graphics;
  return prompts
    .flatMap(({ prompt, color }) =>
      prompt.points.map((point) => {
        const cell = cellOf(state, point);
        if (cell === undefined) return '';
        const [r, g, b] = colorBytes(color);
        const ground = colors === 'rgb' ? `2;${r};${g};${b}` : `5;${paletteIndex(r, g, b)}`;
        const sign = point.label === 'positive' ? '+' : '-';
        const text = r * 2 + g * 5 + b > 1000 ? 30 : 97;
        return `${csi}${cell.row + 1};${cell.column + 1}H${csi}1;${text};48;${ground}m${sign}${csi}0m`;
      }),
    )
    .join('');
}

/** Lines below the picture, each as wide as the screen allows, and the cursor in its cell. */
export function statusOnScreen(
  lines: readonly string[],
  state: Pick<TerminalState, 'area' | 'cursor'>,
): string {
  const rows = lines.slice(0, statusRows).map((line, index) => {
    const row = state.area.height + index + 1;
    return `${csi}${row};1H${csi}0m${line}${csi}0m${csi}K`;
  });
  const { column, row } = state.cursor;
  return `${rows.join('')}${csi}${row + 1};${column + 1}H`;
}

/** Drawn at once by terminals that know it; others draw as it comes. */
export function atOnce(text: string): string {
  return `${csi}?2026h${text}${csi}?2026l`;
}
