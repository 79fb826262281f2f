/**
 * Runs an iterator up to `depth` items ahead of its reader, so that decoding goes on while the
 * reader works. `return` and errors pass through; at most `depth + 1` items are alive.
 */
export async function* readAhead<T>(
  source: AsyncGenerator<T, void, void>,
  depth: number,
): AsyncGenerator<T, void, void> {
  const ask = () => {
    const next = source.next();
    // Looked at when its turn comes; until then a failure must not count as unhandled.
    next.catch(() => {});
    return next;
  };
  const pending = Array.from({ length: depth + 1 }, ask);
  try {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const result = await next;
      if (result.done === true) {
        return;
      }
      pending.push(ask());
      yield result.value;
    }
  } finally {
    await source.return();
  }
}
