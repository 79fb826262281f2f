import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Roto } from './client.ts';
import { sdkVersion } from './version.ts';

describe('new Roto', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('takes what is not given from the environment, blank as unset', () => {
    vi.stubEnv('ROTO_BASE_URL', ' http://127.0.0.1:8000/ ');
    expect(new Roto().baseUrl).toBe('http://127.0.0.1:8000');
    expect(new Roto({ baseUrl: ' ' }).baseUrl).toBe('http://127.0.0.1:8000');
    expect(new Roto({ baseUrl: 'https://e.org/roto//' }).baseUrl).toBe('https://e.org/roto');
    vi.stubEnv('ROTO_BASE_URL', '  ');
    expect(() => new Roto()).toThrow(/Expected the address of a roto server/);
  });

  it.each(['e.org', 'ftp://e.org', 'http://e.org/?a=1', 'http://user:hunter2@e.org'])(
    'refuses the address %s without showing it',
    (baseUrl) => {
      const make = () => new Roto({ baseUrl });
      expect(make).toThrow(expect.objectContaining({ code: 'invalid_argument', param: 'baseUrl' }));
      expect(make).not.toThrow(/hunter2/);
    },
  );

  it('refuses a key that no header can carry without showing it', () => {
    const make = () => new Roto({ baseUrl: 'http://e.org', apiKey: 'roto_a\nb' });
    expect(make).toThrow(expect.objectContaining({ param: 'apiKey' }));
    expect(make).not.toThrow(/roto_a/);
  });

  it.each([{ timeoutMs: 0 }, { timeoutMs: Number.NaN }, { maxRetries: -1 }, { maxRetries: 1.5 }])(
    'refuses %o',
    (options) => {
      expect(() => new Roto({ baseUrl: 'http://e.org', ...options })).toThrow(/^Expected/);
    },
  );

  it('says the version of the package', () => {
    const manifest: unknown = JSON.parse(
      readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
    );
    expect(manifest).toMatchObject({ version: sdkVersion });
  });
});
