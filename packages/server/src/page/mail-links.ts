import { httpStatusOf, NewPassword, RotoError } from '@roto/sdk/contract';
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { AppEnv } from '../app-env.ts';
import type { AppDeps } from '../deps.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { confirmEmail, resetPassword } from '../services/accounts.ts';
import { type Html, layout } from './layout.ts';

type Deps = Pick<AppDeps, 'db' | 'queue' | 'clock' | 'config'>;

/**
 * `/confirm/{token}` and `/reset/{token}`, which the links of mails open. Opening does nothing: mail
 * scanners open every link. The form's button posts to the page's own address.
 */
export function mailLinkPages(deps: Deps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const limit = rateLimit({ name: 'mail-links', requests: 20, seconds: 60, by: 'address' });
  for (const path of ['/confirm/*', '/reset/*']) {
    app.use(path, limit, async (c, next) => {
      c.header('Cache-Control', 'no-store');
      await next();
    });
  }

  app.get('/confirm/:token', (c) => c.html(confirmForm()));
  app.post('/confirm/:token', (c) =>
    answer(c, confirmForm, async () => {
      const status = await confirmEmail(deps, c.req.param('token'));
      return status === 'confirmed' ? confirmed() : passwordNeeded();
    }),
  );

  app.get('/reset/:token', (c) => c.html(resetForm()));
  app.post('/reset/:token', (c) =>
    answer(c, resetForm, async () => {
      const { password } = await c.req.parseBody();
      const checked = NewPassword.safeParse(password);
      if (!checked.success) {
        const message = `${checked.error.issues[0]?.message ?? 'Expected a password'}.`;
        throw new RotoError('invalid_argument', message, { param: 'password' });
      }
      await resetPassword(deps, { token: c.req.param('token'), password: checked.data });
      return passwordSet();
    }),
  );
  return app;
}

/** The page of what was done; or what was wrong, with the form where trying again can help. */
async function answer(
  c: Context<AppEnv>,
  form: (wrong?: string) => Html,
  act: () => Promise<Html>,
): Promise<Response> {
  try {
    return c.html(await act());
  } catch (error) {
    if (!(error instanceof RotoError)) throw error;
    const page = error.code === 'invalid_token' ? linkWrong(error) : form(error.message);
    return c.html(page, httpStatusOf(error.code));
  }
}

function wrongLine(wrong: string | undefined): Html | string {
  return wrong === undefined ? '' : html`<p class="bad" role="alert">${wrong}</p>`;
}

function confirmForm(wrong?: string): Html {
  return layout({
    title: 'Confirm your address',
    body: html`${wrongLine(wrong)}
<p>Press the button if you made an account at roto with this address.</p>
<form method="post"><button>Confirm the address</button></form>`,
  });
}

function resetForm(wrong?: string): Html {
  return layout({
    title: 'Choose a password',
    body: html`${wrongLine(wrong)}
<form method="post">
<label for="password">New password, at least 10 characters</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="10" maxlength="200">
<div><button>Set the password</button></div>
</form>
<p class="quiet">Everywhere you are signed in, you will have to sign in again.</p>`,
  });
}

function confirmed(): Html {
  return layout({
    title: 'The address is confirmed',
    body: html`<p>You can <a href="/login">sign in</a> now.</p>`,
  });
}

function passwordNeeded(): Html {
  return layout({
    title: 'The address is confirmed',
    body: html`<p>This address was registered more than once, with different passwords, so that none of them counts. We have sent you another mail: its link lets you choose one.</p>`,
  });
}

function passwordSet(): Html {
  return layout({
    title: 'The password is set',
    body: html`<p>You can <a href="/login">sign in</a> with it now.</p>`,
  });
}

function linkWrong({ message }: RotoError): Html {
  return layout({
    title: 'This link does not count any more',
    body: html`<p class="bad" role="alert">${message}</p><p><a href="/forgotten">Ask for another mail</a>.</p>`,
  });
}
