import { sql } from 'kysely';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { describe, expect, it, vi } from 'vitest';
import { createResendMailer } from '../src/mail/resend.ts';
import { createSmtpMailer } from '../src/mail/smtp.ts';
import { type LocalReply, listenHere, startLocalServer } from './support/local-server.ts';
import { tokenOf } from './support/mails.ts';
import { startApp } from './support/start-app.ts';

const message = { to: 'ada@example.com', subject: 'Zür Prüfung', text: 'Hällo\n.\nthere\n' };
const from = 'roto <no-reply@example.com>';

/** A real SMTP server on this port, or a free one, and what came to it. */
async function startSmtp(asked = 0, secure = false): Promise<{ port: number; mails: Email[] }> {
  const mails: Email[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    secure,
    disabledCommands: ['STARTTLS'],
    async onData(stream, _session, done) {
      const chunks: Buffer[] = await stream.toArray();
      mails.push(await PostalMime.parse(Buffer.concat(chunks)));
      done();
    },
  });
  // A client that does not like its certificate hangs up.
  smtp.on('error', () => undefined);
  return { port: await listenHere(smtp.server, asked), mails };
}

/** A server that answers as Resend's API does, and what it was asked. */
async function startResend(reply: LocalReply) {
  const { origin, requests } = await startLocalServer(() => reply);
  return { baseUrl: origin, requests };
}

describe('mail through an SMTP server', () => {
  it('arrives as it was written', async () => {
    const { port, mails } = await startSmtp();
    await createSmtpMailer({ host: '127.0.0.1', port, from }).send(message);
    expect(mails).toMatchObject([
      { to: [{ address: message.to }], from: { name: 'roto' }, subject: message.subject },
    ]);
    expect(mails[0]?.text).toContain('Hällo\n.\nthere');
  });

  it('never gives its password to a server without TLS', async () => {
    const { port, mails } = await startSmtp();
    const mailer = createSmtpMailer({
      host: '127.0.0.1',
      port,
      from,
      username: 'u',
      password: 'p',
    });
    await expect(mailer.send(message)).rejects.toThrow();
    expect(mails).toEqual([]);
  });

  it('goes over TLS alone where that is asked for, from the first byte or by STARTTLS', async () => {
    const plain = await startSmtp();
    const send = ({ port }: { port: number }, tls: 'tls' | 'starttls') =>
      createSmtpMailer({ host: '127.0.0.1', port, from, tls }).send(message);
    await expect(send(plain, 'starttls')).rejects.toThrow('STARTTLS');
    await expect(send(plain, 'tls')).rejects.toThrow();
    const secure = await startSmtp(0, true);
    // Its certificate is nobody's: that it was looked at shows that TLS was spoken.
    await expect(send(secure, 'tls')).rejects.toThrow('certificate');
    expect([...plain.mails, ...secure.mails]).toEqual([]);
  });

  it('waits for a server that is down, and loses nothing', async () => {
    const probe = await startSmtp();
    const port = probe.port + 1;
    const app = await startApp({
      env: { MAIL_SERVER: '127.0.0.1', MAIL_PORT: String(port), MAIL_FROM: from },
    });
    const json = { email: 'ada@example.com', password: 'correct horse battery' };
    expect((await app.ask('POST', '/api/auth/register', { json })).status).toBe(202);
    await vi.waitFor(
      async () => {
        const rows = await app.deps.db.selectFrom('mails').selectAll().execute();
        expect(rows).toMatchObject([{ status: 'queued', attempts: 1, error: expect.any(String) }]);
      },
      { timeout: 20_000, interval: 100 },
    );
    const { mails } = await startSmtp(port);
    await sql`update pgboss.job set start_after = now() where state = 'retry'`.execute(app.deps.db);
    await vi.waitFor(() => expect(mails).toHaveLength(1), { timeout: 20_000, interval: 100 });
    const confirmed = await app.ask('POST', `/api/auth/confirm/${tokenOf(mails[0])}`);
    expect(confirmed.status).toBe(200);
  });
});

describe('mail through Resend', () => {
  it('is asked for by its HTTP API', async () => {
    const { baseUrl, requests } = await startResend({ status: 200, body: { id: 'm1' } });
    await createResendMailer({ apiKey: 're_key', from, baseUrl }).send(message);
    expect(requests).toMatchObject([
      { method: 'POST', path: '/emails', headers: { authorization: 'Bearer re_key' } },
    ]);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ from, ...message });
  });

  it('fails, to be tried again, where Resend refuses or is down', async () => {
    const body = { statusCode: 429, name: 'rate_limit_exceeded', message: 'Too many requests' };
    const { baseUrl } = await startResend({ status: 429, body });
    const mailer = createResendMailer({ apiKey: 're_key', from, baseUrl });
    await expect(mailer.send(message)).rejects.toThrow('Too many requests');
    const down = createResendMailer({ apiKey: 're_key', from, baseUrl: 'http://127.0.0.1:9' });
    await expect(down.send(message)).rejects.toThrow();
  });
});
