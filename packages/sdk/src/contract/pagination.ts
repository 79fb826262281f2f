import { z } from 'zod';

/** Most entries one page can have. */
export const largestPage = 100;

/** Query of every list: how many entries, and from where on. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(largestPage).default(20).meta({
    description: 'Entries on the page.',
  }),
  cursor: z.string().min(1).max(200).optional().meta({
    description: '`nextCursor` of the page before; absent for the first page.',
  }),
});
export type PageQuery = z.infer<typeof PageQuery>;

/** One page of a list: newest first. `nextCursor` is null on the last one. */
export function pageOf<T extends z.ZodType>(entry: T) {
  return z.object({ data: z.array(entry), nextCursor: z.string().nullable() });
}
