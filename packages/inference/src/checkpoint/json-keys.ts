/**
 * How many keys the outermost object of a JSON text has, counting those that come twice, which
 * `JSON.parse` hides. Told before parsing, so that a text that nests too deep is never built.
 *
 * The text need not be JSON: then the count means nothing and parsing fails.
 * @throws RangeError where the text nests deeper than `maxDepth`
 */
export function countJsonKeys(text: string, maxDepth: number): number {
  let depth = 0;
  let keys = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') {
      at = endOfString(text, at);
    } else if (char === '{' || char === '[') {
      depth += 1;
      if (depth > maxDepth) throw new RangeError(`JSON nested deeper than ${maxDepth}`);
    } else if (char === '}' || char === ']') {
      depth -= 1;
    } else if (char === ':' && depth === 1) {
      keys += 1;
    }
  }
  return keys;
}

/** Index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
