import { z } from 'zod';

/** What a reply without a body says. */
export const Nothing = z.void();
