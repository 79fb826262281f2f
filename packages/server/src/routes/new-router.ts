import { OpenAPIHono } from '@hono/zod-openapi';
import { RotoError } from '@roto/sdk/contract';
import type { AppEnv } from '../app-env.ts';

/** A router of the app: what does not fit a route's schema is refused with the field's name. */
export function newRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const issue = result.error.issues[0];
      const param = issue?.path.join('.');
      const message = issue === undefined ? 'Expected another request' : issue.message;
      throw new RotoError('invalid_argument', `${message.replace(/\.$/, '')}.`, {
        ...(param === undefined || param === '' ? {} : { param }),
      });
    },
  });
}
