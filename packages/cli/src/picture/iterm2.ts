/**
 * A picture file for terminals with iTerm2's inline images, `columns` cells wide.
 * Source: iterm2.com/documentation-images.html
 */
export function iterm2Picture(png: Uint8Array, columns: number): string {
  const fields = `inline=1;size=${png.length};width=${columns};preserveAspectRatio=1`;
  return `\u001b]1337;File=${fields}:${Buffer.from(png).toString('base64')}\u0007\n`;
}
