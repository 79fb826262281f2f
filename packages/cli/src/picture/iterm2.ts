/**
 * A picture file for terminals with iTerm2's inline images, `columns` cells wide, and `rows` high
 * where that is said: then it fills them, whatever its aspect.
 * Source: iterm2.com/documentation-images.html
 */
export function iterm2Picture(file: Uint8Array, columns: number, rows?: number): string {
  const height =
    rows === undefined ? ';preserveAspectRatio=1' : `;height=${rows};preserveAspectRatio=0`;
  const fields = `inline=1;size=${file.length};width=${columns}${height}`;
  return `\u001b]1337;File=${fields}:${Buffer.from(file).toString('base64')}\u0007\n`;
}
