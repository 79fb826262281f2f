const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text from outside (file names, messages of other programs) as it may be shown in a terminal:
 * control characters and direction marks are escaped, so that a name can neither move the cursor
 * nor read as something else.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, (char) => {
    const code = char.charCodeAt(0);
    return escapes[char] ?? `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
