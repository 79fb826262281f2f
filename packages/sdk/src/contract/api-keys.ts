import { z } from 'zod';
import { ApiScope } from './auth.ts';
import { idOf } from './ids.ts';
import { pageOf } from './pagination.ts';
import { Timestamp } from './users.ts';

/** What a key is to be called, and may do. */
export const NewApiKeyParams = z
  .object({
    name: z.string().trim().min(1).max(100).meta({ example: 'render farm' }),
    /** Not more than the account may do itself. */
    scopes: z
      .array(ApiScope)
      .min(1)
      .max(ApiScope.options.length)
      .transform((scopes) => [...new Set(scopes)]),
    /** Absent: until it is revoked. */
    expires_at: Timestamp.optional(),
  })
  .meta({ id: 'NewApiKeyParams' });
export type NewApiKeyParams = z.infer<typeof NewApiKeyParams>;

/** An API key, without the key itself. */
export const ApiKey = z
  .object({
    id: idOf('apiKey'),
    name: z.string(),
    /** How the key starts, to tell keys apart by. */
    prefix: z.string(),
    scopes: z.array(ApiScope),
    created_at: Timestamp,
    /** To the minute. */
    last_used_at: Timestamp.nullable(),
    expires_at: Timestamp.nullable(),
    revoked_at: Timestamp.nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;

/** A key that was made. The key is said here and never again. */
export const NewApiKey = ApiKey.extend({
  key: z.string().meta({ example: 'roto_…' }),
}).meta({ id: 'NewApiKey' });
export type NewApiKey = z.infer<typeof NewApiKey>;

export const ApiKeyPage = pageOf(ApiKey).meta({ id: 'ApiKeyPage' });
export type ApiKeyPage = z.infer<typeof ApiKeyPage>;
