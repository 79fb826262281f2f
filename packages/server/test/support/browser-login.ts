import { setPassword } from '../../src/db/queries/users.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { hashPassword } from '../../src/services/passwords.ts';
import { insertUser } from './rows.ts';
import type { TestApp } from './start-app.ts';

export const password = 'correct horse battery';

/** A confirmed account that signs in by the form. */
export async function insertPerson({ db }: TestApp['deps']) {
  const userId = await insertUser(db);
  const hashed = await hashPassword(password);
  await inTransaction(db, (trx) => setPassword(trx, userId, hashed));
  return { userId, email: `${userId}@example.com` };
}

/** Sends a form as a browser does from a page of the service. */
export async function sendForm(
  { app }: Pick<TestApp, 'app'>,
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = { Origin: 'http://localhost' },
): Promise<Response> {
  return app.request(path, { method: 'POST', headers, body: new URLSearchParams(fields) });
}

/** A browser that has signed in: what it asks for carries its cookie. */
export async function openBrowser(app: TestApp, email: string) {
  const reply = await sendForm(app, '/login', { email, password });
  const cookie = reply.headers.get('Set-Cookie')?.split(';')[0];
  if (reply.status !== 303 || cookie === undefined) throw new Error(await reply.text());
  const headers = { Cookie: cookie, Origin: 'http://localhost' };
  return {
    cookie,
    get: (path: string) => app.ask('GET', path, { headers: { Cookie: cookie } }),
    post: (path: string, fields: Readonly<Record<string, string>> = {}) =>
      sendForm(app, path, fields, headers),
  };
}
