import { httpStatusOf, MailParams, RegisterParams, RotoError } from '@roto/sdk/contract';
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import type { AppEnv } from '../app-env.ts';
import type { AppDeps } from '../deps.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { register, requestPasswordReset } from '../services/accounts.ts';
import { type Html, layout } from './layout.ts';
import { onPageFailure } from './page-failure.ts';
import { sameOriginOnly } from './page-session.ts';

type Deps = Pick<AppDeps, 'config' | 'db' | 'clock' | 'queue'>;
type Form = (content: { readonly email?: string; readonly wrong?: string }) => Html;

/**
 * `/register` and `/forgotten`: an account, and a mail that resets a password. Whether an address has
 * an account is told to nobody but its mailbox.
 */
export function accountForms(deps: Deps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(onPageFailure);
  const limit = rateLimit({ name: 'page-accounts', requests: 10, seconds: 60, by: 'address' });
  for (const path of ['/register', '/forgotten']) {
    app.post(path, limit);
    app.use(path, sameOriginOnly(deps), async (c, next) => {
      c.header('Cache-Control', 'no-store');
      await next();
    });
  }

  app.get('/register', (c) => c.html(registerForm({})));
  app.post('/register', (c) =>
    answer(c, registerForm, async (fields) => {
      const params = RegisterParams.safeParse(fields);
      if (!params.success) throw wrongField(params.error.issues);
      await register(deps, params.data);
      return mailSent(params.data.email, 'Its link confirms the address.');
    }),
  );

  app.get('/forgotten', (c) => c.html(forgottenForm({})));
  app.post('/forgotten', (c) =>
    answer(c, forgottenForm, async ({ email }) => {
      const params = MailParams.safeParse({ email });
      if (!params.success) throw wrongField(params.error.issues);
      await requestPasswordReset(deps, params.data.email);
      return mailSent(
        params.data.email,
        'If the address has an account, its link sets a password.',
      );
    }),
  );
  return app;
}

/** The page of what was done; or what was wrong, with the form as it was filled in. */
async function answer(
  c: Context<AppEnv>,
  form: Form,
  act: (fields: Readonly<Record<'email' | 'password', string | undefined>>) => Promise<Html>,
): Promise<Response> {
  const body = await c.req.parseBody();
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : undefined);
  const email = text('email');
  try {
    return c.html(await act({ email, password: text('password') }));
  } catch (error) {
    if (!(error instanceof RotoError)) throw error;
    const kept = email === undefined ? {} : { email };
    return c.html(form({ ...kept, wrong: error.message }), httpStatusOf(error.code));
  }
}

function wrongField(issues: readonly { path: PropertyKey[]; message: string }[]): RotoError {
  const [issue] = issues;
  const message =
    issue?.path[0] === 'email'
      ? 'Expected an e-mail address such as ada@example.com.'
      : `${issue?.message ?? 'Expected a password'}.`;
  return new RotoError('invalid_argument', message);
}

function wrongLine(wrong: string | undefined): Html | string {
  return wrong === undefined ? '' : html`<p class="bad" role="alert">${wrong}</p>`;
}

function emailField(email = ''): Html {
  return html`<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="254" value="${email}">`;
}

function registerForm({ email, wrong }: Parameters<Form>[0]): Html {
  return layout({
    title: 'Make an account',
    body: html`${wrongLine(wrong)}
<form method="post" action="/register">
${emailField(email)}
<label for="password">Password, at least 10 characters</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="10" maxlength="200">
<div><button>Make the account</button></div>
</form>
<p class="quiet">You have one? <a href="/login">Sign in</a>.</p>`,
  });
}

function forgottenForm({ email, wrong }: Parameters<Form>[0]): Html {
  return layout({
    title: 'Reset a password',
    body: html`${wrongLine(wrong)}
<p>We send a mail with a link, where you choose another password.</p>
<form method="post" action="/forgotten">
${emailField(email)}
<div><button>Send the mail</button></div>
</form>
<p class="quiet"><a href="/login">Sign in</a> instead.</p>`,
  });
}

function mailSent(email: string, how: string): Html {
  return layout({
    title: 'Look into your mailbox',
    body: html`<p role="status">A mail is on its way to ${email}. ${how}</p>
<p><a href="/login">Sign in</a></p>`,
  });
}
