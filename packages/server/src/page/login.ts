import { httpStatusOf, idOf, LoginParams, RotoError } from '@roto/sdk/contract';
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { AppEnv } from '../app-env.ts';
import type { AppDeps } from '../deps.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { login, logout } from '../services/logins.ts';
import { type Html, layout } from './layout.ts';
import { onPageFailure } from './page-failure.ts';
import { dropSession, keepSession, sameOriginOnly, sessionToken } from './page-session.ts';

type Deps = Pick<AppDeps, 'config' | 'db' | 'clock' | 'accessTokens' | 'wrongPasswords'>;

const taskId = idOf('task');

/** `/login` and `/logout`, for browsers. */
export function loginPages(deps: Deps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(onPageFailure);
  const limit = rateLimit({ name: 'page-login', requests: 20, seconds: 60, by: 'address' });
  for (const path of ['/login', '/logout']) {
    app.use(path, limit, sameOriginOnly(deps), async (c, next) => {
      c.header('Cache-Control', 'no-store');
      await next();
    });
  }

  app.get('/login', (c) => c.html(form({ to: c.req.query('to') })));
  app.post('/login', async (c) => {
    const { email, password, to } = textFields(await c.req.parseBody());
    try {
      keepSession(deps, c, (await login(deps, checkedLogin({ email, password }))).refreshToken);
    } catch (error) {
      if (!(error instanceof RotoError)) throw error;
      return c.html(form({ email, to, wrong: error.message }), httpStatusOf(error.code));
    }
    return c.redirect(placeToGo(to), 303);
  });

  app.post('/logout', async (c) => {
    const token = sessionToken(deps, c);
    if (token !== undefined) await logout(deps, token);
    dropSession(deps, c);
    return c.redirect('/', 303);
  });
  return app;
}

/** Fields of a form that are text; files are none. */
function textFields(body: Readonly<Record<string, unknown>>) {
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : undefined);
  return { email: text('email'), password: text('password'), to: text('to') };
}

function checkedLogin(fields: unknown): LoginParams {
  const { success, data, error } = LoginParams.safeParse(fields);
  if (success) return data;
  const wrong = error.issues.some(({ path }) => path[0] === 'email')
    ? 'Expected an e-mail address such as ada@example.com.'
    : 'Expected a password of at most 200 characters.';
  throw new RotoError('invalid_argument', wrong);
}

/** The page that somebody wanted before they had to sign in: one of ours, whatever the form says. */
function placeToGo(to: string | undefined): string {
  const id = to?.startsWith('/tasks/') ? to.slice('/tasks/'.length) : undefined;
  return taskId.safeParse(id).success ? `/tasks/${id}` : '/';
}

/** What the form keeps from one try to the next. */
interface FormContent {
  readonly email?: string | undefined;
  readonly to?: string | undefined;
  readonly wrong?: string | undefined;
}

function form({ email = '', to, wrong }: FormContent): Html {
  return layout({
    title: 'Sign in',
    body: html`${wrong === undefined ? '' : html`<p class="bad" role="alert">${wrong}</p>`}
<form method="post" action="/login">
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="254" value="${email}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200">
${to === undefined ? '' : html`<input type="hidden" name="to" value="${to}">`}
<div><button>Sign in</button></div>
</form>
<p class="quiet"><a id="register" href="/register">Make an account</a>, or <a id="forgotten" href="/forgotten">reset the password</a>.</p>`,
  });
}
