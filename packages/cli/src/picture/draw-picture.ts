import type { Io } from '../io/io.ts';
import type { Graphics } from './detect-graphics.ts';
import { halfBlocks } from './half-blocks.ts';
import { iterm2Picture } from './iterm2.ts';
import { kittyPicture } from './kitty.ts';
import { type Picture, shrinkPicture, sizeWithin } from './picture.ts';
import { sixelPicture } from './sixel-picture.ts';

/** Cells are about twice as high as wide. */
const cellAspect = 2;
/** Columns a picture takes at most, however wide the terminal: more says no more about a matte. */
const maxColumns = 120;
/** Pixels sent at most along the width, for terminals that draw real pixels. */
const maxPixels = 1280;

/** Draws a picture on stdout as large as the terminal allows; false where it cannot be shown. */
export function drawPicture(
  io: Io,
  graphics: Graphics,
  picture: Picture,
  png: Uint8Array,
): boolean {
  const drawn = drawing(graphics, picture, png, roomIn(io));
  if (drawn === undefined) return false;
  io.stdout.write(drawn);
  return true;
}

interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** What may be taken of the terminal: a few rows stay for what is said below the picture. */
function roomIn(io: Io): Room {
  return {
    columns: Math.max(2, Math.min(io.stdout.columns ?? 80, maxColumns)),
    rows: Math.max(4, (io.stdout.rows ?? 24) - 5),
  };
}

/** Room of a picture in cells, with its aspect kept. */
function cellsOf(picture: Picture, { columns, rows }: Room): Room {
  const wanted = Math.min(columns, (rows * cellAspect * picture.width) / picture.height);
  const width = Math.max(1, Math.floor(wanted));
  const height = Math.round((width * picture.height) / picture.width / cellAspect);
  return { columns: width, rows: Math.min(rows, Math.max(1, height)) };
}

function drawing(
  graphics: Graphics,
  picture: Picture,
  png: Uint8Array,
  room: Room,
): string | undefined {
  const cells = cellsOf(picture, room);
  switch (graphics.kind) {
    case 'none':
      return undefined;
    case 'kitty':
      return kittyPicture(shrunk(picture, maxPixels, maxPixels), cells);
    case 'iterm2':
      return iterm2Picture(png, cells.columns);
    case 'sixel': {
      const { width, height } = graphics.cell;
      return sixelPicture(shrunk(picture, cells.columns * width, cells.rows * height));
    }
    case 'blocks':
      return `${halfBlocks(shrunk(picture, cells.columns, cells.rows * 2), graphics.colors).join('\n')}\n`;
  }
}

function shrunk(picture: Picture, maxWidth: number, maxHeight: number): Picture {
  const { width, height } = sizeWithin(picture, maxWidth, maxHeight);
  return shrinkPicture(picture, width, height);
}
