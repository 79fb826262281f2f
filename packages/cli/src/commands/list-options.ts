import type { ListPromise } from '@roto/sdk';
import { parseNumber } from '../args/numbers.ts';
import { valueOption } from './option-spec.ts';

/** How much of a list is shown. */
export const listOptions = {
  limit: valueOption('List', '--limit <n>', 'entries at most, newest first (20)', (text) =>
    parseNumber(text, { flag: '--limit', min: 1, max: 100_000, kind: 'whole number' }),
  ),
};

/** The first entries of a list, over as many pages as it takes. */
export async function firstOf<T>(list: ListPromise<T>, limit = 20): Promise<T[]> {
  const entries: T[] = [];
  for await (const entry of list) {
    entries.push(entry);
    if (entries.length >= limit) break;
  }
  return entries;
}

/** Entries a page has, so that few are not asked for in many. */
export function pageSize(limit = 20): number {
  return Math.min(limit, 100);
}

/** A point in time for a person: `2026-11-25 12:00`. */
export function shortTime(timestamp: string): string {
  return timestamp.slice(0, 16).replace('T', ' ');
}

/** Rows of words as columns, two spaces apart; the last column is as wide as it is. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((word, at) => {
      widths[at] = Math.max(widths[at] ?? 0, word.length);
    });
  }
  return rows.map((row) =>
    row
      .map((word, at) => word.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
