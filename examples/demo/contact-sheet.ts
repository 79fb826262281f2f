import sharp from 'sharp';

/** One picture of a sheet: 1 (gray) or 3 (RGB) bytes a pixel, rows from the top. */
export interface SheetPicture {
  readonly data: Uint8Array;
  readonly channels: 1 | 3;
}

export interface ContactSheet {
  /** Size of every picture. */
  readonly width: number;
  readonly height: number;
  /** Rows of pictures, each with as many as there are titles. */
  readonly rows: readonly { readonly title: string; readonly pictures: readonly SheetPicture[] }[];
  readonly columns: readonly string[];
}

const shown = 320;
const gap = 6;
const heading = 26;

/** Writes rows of pictures side by side as one PNG, each 320 pixels wide, with their titles. */
export async function writeContactSheet(path: string, sheet: ContactSheet): Promise<void> {
  const height = Math.round((shown * sheet.height) / sheet.width);
  const left = (column: number) => gap + column * (shown + gap);
  const top = (row: number) => heading + row * (height + gap);
  const pictures = sheet.rows.flatMap((row, at) =>
    row.pictures.map(async (picture, column) => ({
      input: await shrink(picture, sheet, height),
      left: left(column),
      top: top(at),
    })),
  );
  const canvas = {
    width: left(sheet.columns.length),
    height: top(sheet.rows.length),
    channels: 3 as const,
    background: '#202020',
  };
  const texts = sheet.columns.map((title, column) => label(title, left(column) + 4, 18));
  texts.push(...sheet.rows.map((row, at) => label(row.title, left(0) + 6, top(at) + 18)));
  const lettering = `<svg xmlns="http://www.w3.org/2000/svg" width="${canvas.width}" height="${canvas.height}">${texts.join('')}</svg>`;
  await sharp({ create: canvas })
    .composite([...(await Promise.all(pictures)), { input: Buffer.from(lettering) }])
    .png()
    .toFile(path);
}

function shrink(picture: SheetPicture, sheet: ContactSheet, height: number): Promise<Buffer> {
  const raw = { width: sheet.width, height: sheet.height, channels: picture.channels };
  return sharp(picture.data, { raw }).resize(shown, height).toColourspace('srgb').png().toBuffer();
}

function label(text: string, x: number, y: number): string {
  return `<text x="${x}" y="${y}" font-family="sans-serif" font-size="14" fill="#fff" stroke="#000" stroke-width="3" paint-order="stroke">${text}</text>`;
}
