import { deflateSync } from 'node:zlib';
import type { Picture } from './picture.ts';

/** Base64 characters in one escape sequence, the most the protocol allows. */
const chunkLength = 4096;

/**
 * A picture for terminals with the kitty graphics protocol, shown `columns` x `rows` cells large;
 * behind the text it leaves the cursor where it is.
 * Source: sw.kovidgoyal.net/kitty/graphics-protocol (direct transmission, f=24, o=z).
 */
export function kittyPicture(
  { width, height, rgb }: Picture,
  { columns, rows }: { readonly columns: number; readonly rows: number },
  options: { readonly behindText?: boolean } = {},
): string {
  const data = deflateSync(rgb).toString('base64');
  const layer = options.behindText ? ',z=-1,C=1' : '';
  const control = `a=T,q=2,f=24,o=z,s=${width},v=${height},c=${columns},r=${rows}${layer}`;
  const chunks: string[] = [];
  for (let at = 0; at < data.length; at += chunkLength) {
    const more = at + chunkLength < data.length ? 1 : 0;
    const keys = at === 0 ? `${control},m=${more}` : `m=${more}`;
    chunks.push(`\u001b_G${keys};${data.slice(at, at + chunkLength)}\u001b\\`);
  }
  return `${chunks.join('')}\n`;
}
