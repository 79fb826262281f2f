import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AccountDocument, ErrorDocument, LogoutDocument, MailDocument } from '@roto/sdk/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailsIn, tokenOf } from '../../server/test/support/mails.ts';
import { type AccountServer, password, startAccountServer } from './support/account-server.ts';

let server: AccountServer;
let authFile: string;
beforeAll(async () => {
  server = await startAccountServer();
  authFile = join(server.folder, 'config', 'roto', 'auth.json');
});
afterAll(() => server.close());

/** The code, flag and status that a command fails with. */
async function failure(words: readonly string[], given = {}) {
  const { status, out } = await server.roto([...words, '--json'], given);
  const { code, param } = ErrorDocument.parse(JSON.parse(out)).error;
  return [status, code, param];
}

async function keptLogins() {
  return JSON.parse(await readFile(authFile, 'utf8'));
}

describe('an account', () => {
  it('is registered, confirmed by the link of its mail, and signed in to', async () => {
    const who = ['--email', 'ada@example.com', '--password-stdin'];
    const place = ['--base-url', server.origin];
    const registered = await server.document(['register', ...who, ...place], { typed: password });
    expect(MailDocument.parse(registered).email).toBe('ada@example.com');
    // The server is known from now on.
    const again = await server.document(['resend-confirmation', 'ada@example.com']);
    expect(MailDocument.parse(again)).toMatchObject({ status: 'mail_sent' });
    const [, mail] = await mailsIn(server.data, 2);
    const confirmed = await server.roto(['confirm', `${server.origin}/confirm/${tokenOf(mail)}`]);
    expect(confirmed).toMatchObject({ status: 0, err: '' });
    const { status, out } = await server.roto(['login', ...who], { typed: `${password}\n` });
    expect([status, out.split('\n')[0]]).toEqual([0, 'signed in as ada@example.com']);
    const { user, profile } = AccountDocument.parse(await server.document(['whoami']));
    expect([user.email, user.is_confirmed, profile]).toEqual(['ada@example.com', true, 'default']);
  });

  it('is kept in a file that only its owner can read, without the password', async () => {
    expect((await stat(authFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(authFile, 'utf8')).not.toContain(password);
    await chmod(authFile, 0o644);
    const login = ['login', '--email', 'ada@example.com', '--password-stdin'];
    await server.roto(login, { typed: password });
    expect((await stat(authFile)).mode & 0o777).toBe(0o600);
  });

  it('is refused with a wrong password, with a status of its own, and the old login stays', async () => {
    const before = await keptLogins();
    const login = ['login', '--email', 'ada@example.com', '--password-stdin'];
    expect(await failure(login, { typed: 'not my password' })).toEqual([
      3,
      'invalid_credentials',
      undefined,
    ]);
    expect(await keptLogins()).toEqual(before);
  });

  it('has its token renewed once, however many commands find it ended', async () => {
    const file = await keptLogins();
    const { login } = file.profiles.default;
    login.expiresAt = new Date(0).toISOString();
    await writeFile(authFile, JSON.stringify(file));
    const asked = await Promise.all([1, 2, 3, 4].map(() => server.roto(['whoami'])));
    expect(asked.map(({ status, err }) => [status, err])).toEqual(asked.map(() => [0, '']));
    const { refreshToken } = (await keptLogins()).profiles.default.login;
    expect(refreshToken).not.toBe(login.refreshToken);
  });
});

describe('several servers', () => {
  it('are kept by profile, and the last login counts where none is named', async () => {
    await server.signIn('grace@example.com', 'second');
    const emailOf = async (...words: string[]) =>
      AccountDocument.parse(await server.document(['whoami', ...words])).user.email;
    expect(await emailOf()).toBe('grace@example.com');
    expect(await emailOf('--profile', 'default')).toBe('ada@example.com');
    expect(await failure(['whoami', '--profile', 'third'])).toEqual([
      3,
      'unauthenticated',
      '--profile',
    ]);
  });

  it('never get the token of another one', async () => {
    const { status, err } = await server.roto(['whoami', '--base-url', 'http://127.0.0.1:9']);
    expect(status).toBe(3);
    expect(err).toContain('nobody is signed in to http://127.0.0.1:9');
  });

  it('are said by the environment alone too, with an API key', async () => {
    const env = { XDG_CONFIG_HOME: server.folder, ROTO_BASE_URL: server.origin };
    expect(await failure(['whoami'], { env })).toEqual([3, 'unauthenticated', undefined]);
    // What only a server can answer names no --local, which the command does not have.
    const nowhere = await server.roto(['whoami'], { env: { XDG_CONFIG_HOME: server.folder } });
    expect([nowhere.status, nowhere.err]).toEqual([3, expect.not.stringContaining('--local')]);
    expect(nowhere.err).toContain('roto login');
    const wrong = { ...env, ROTO_API_KEY: 'roto_wrong' };
    expect((await failure(['whoami'], { env: wrong }))[1]).toBe('unauthenticated');
  });

  it('are forgotten by logout, which ends the login at the server', async () => {
    const { accessToken } = (await keptLogins()).profiles.second.login;
    const out = await server.document(['logout', '--profile', 'second']);
    expect(LogoutDocument.parse(out)).toMatchObject({ profiles: ['second'], unreached: [] });
    const headers = { Authorization: `Bearer ${accessToken}` };
    expect((await fetch(`${server.origin}/api/users/me`, { headers })).status).toBe(401);
    expect(Object.keys((await keptLogins()).profiles)).toEqual(['default']);
  });
});

describe('without a terminal', () => {
  it.each([
    [['login'], '--email'],
    [['login', '--email', 'ada@example.com'], '--password-stdin'],
    [['login', '--with-token'], '--with-token'],
    [['register', '--email', 'no address'], '--email'],
    [['login', '--base-url', 'https://a:b@example.com'], '--base-url'],
    [['login', '--profile', '../x'], '--profile'],
    [['confirm', 'short'], 'link'],
  ])('roto %j names what is missing or wrong', async (words, param) => {
    expect(await failure(words)).toEqual([2, 'invalid_argument', param]);
  });
});
