import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { exampleSecret, renderEnvExample } from './variables.ts';

describe('readConfig', () => {
  it('needs no variable at all in development', () => {
    expect(readConfig({}, {}, '/srv')).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 8000,
      data: '/srv/roto-data',
      databaseUrl: undefined,
      s3: undefined,
      credits: true,
    });
  });

  it.each([
    [{}, undefined],
    [{ MAIL_PORT: '465' }, 'tls'],
    [{ MAIL_USE_SSL: 'on' }, 'tls'],
    [{ MAIL_USE_TLS: 'on' }, 'starttls'],
  ] as const)('reads how mail is protected from %j', (env, tls) => {
    expect(readConfig({ MAIL_SERVER: 'smtp.example.com', ...env }).smtp?.tls).toBe(tls);
  });

  it('refuses both kinds of TLS for mail at once', () => {
    const both = { MAIL_SERVER: 'smtp.example.com', MAIL_USE_SSL: 'on', MAIL_USE_TLS: 'on' };
    expect(() => readConfig(both)).toThrow('MAIL_USE_TLS: expected off beside MAIL_USE_SSL');
  });

  it('names every mistake at once, in sentences', () => {
    const read = () =>
      readConfig({
        ROTO_PORT: '99999',
        FRONTEND_URL: 'roto.example.com/app',
        AWS_S3_BUCKET: 'files',
        DATABASE_URL: 'mysql://x',
      });
    expect(read).toThrow(
      expect.objectContaining({
        code: 'invalid_config',
        message:
          'The environment has 4 mistakes. ROTO_PORT: expected a whole number from 0 to 65535. FRONTEND_URL: expected an origin such as https://roto.example.com, without a path. DATABASE_URL: expected a URL that starts with postgresql://. AWS_REGION: AWS_S3_BUCKET is set and needs it.',
      }),
    );
  });

  it('refuses production without a secret, and with the one everybody knows', () => {
    expect(() => readConfig({ ROTO_ENV: 'production' })).toThrow('SECRET_KEY: production needs');
    expect(() => readConfig({ ROTO_ENV: 'production', SECRET_KEY: exampleSecret })).toThrow(
      'known to everybody',
    );
    const own = { ROTO_ENV: 'production', SECRET_KEY: 'x'.repeat(32) };
    expect(readConfig(own).production).toBe(true);
    expect(() => readConfig({ ...own, SECRET_KEY_PREVIOUS: exampleSecret })).toThrow(
      'SECRET_KEY_PREVIOUS: the one of .env.example',
    );
  });

  it('says one thing of a variable that is not understood, and not that it is missing', () => {
    expect(() => readConfig({ ROTO_ENV: 'production', SECRET_KEY: 'short' })).toThrow(
      /^The environment has a mistake\. SECRET_KEY: expected at least 32 characters/,
    );
  });

  it('never repeats a value, which may be a secret', () => {
    expect(() => readConfig({ SECRET_KEY: 'hunter2' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  it('lets flags win, and takes blank for not set', () => {
    const config = readConfig({ ROTO_PORT: '1', ROTO_HOST: ' ' }, { port: 2, data: '/data' });
    expect(config).toMatchObject({ port: 2, host: '127.0.0.1', data: '/data' });
  });

  it('has an .env.example with every variable', async () => {
    const kept = await readFile(new URL('../.env.example', import.meta.url), 'utf8');
    expect(kept).toBe(renderEnvExample());
  });
});
