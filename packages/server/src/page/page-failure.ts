import { httpStatusOf, RotoError } from '@roto/sdk/contract';
import type { ErrorHandler } from 'hono';
import { html } from 'hono/html';
import { HTTPException } from 'hono/http-exception';
import type { AppEnv } from '../app-env.ts';
import { layout } from './layout.ts';

/**
 * Turns what pages throw into a page. What is not a RotoError is a fault: its text stays in the log.
 */
export const onPageFailure: ErrorHandler<AppEnv> = (thrown, c) => {
  const error = toRotoError(thrown);
  const status = httpStatusOf(error.code);
  if (status >= 500) c.var.log.error({ err: thrown }, 'page failed');
  const page = layout({
    title: error.code === 'not_found' ? 'There is nothing here' : 'This did not work',
    body: html`<p class="bad" role="alert">${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}</p>
<p><a href="/">Back to the status page</a></p>
<p class="quiet">Request ${c.var.requestId}</p>`,
  });
  return c.html(page, status);
};

function toRotoError(thrown: unknown): RotoError {
  if (thrown instanceof RotoError) return thrown;
  if (thrown instanceof HTTPException && thrown.status === 403) {
    return new RotoError(
      'forbidden',
      'Another site made your browser send this, so nothing was done.',
    );
  }
  return new RotoError(
    'internal',
    'The service failed at this; the request id finds it in the log.',
  );
}
