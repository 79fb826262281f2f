import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signWebhook, verifyWebhook } from './webhooks.ts';

const secret = 'whsec_one';
const body = '{"type":"task.completed","name":"Größe"}';
const t = 1_800_000_000;
const nowMs = t * 1000;
const hmac = (text: string, key = secret) => createHmac('sha256', key).update(text).digest('hex');
const header = (of = body, at: number | string = t, key = secret) =>
  `t=${at},v1=${hmac(`${at}.${of}`, key)}`;
const refused = expect.objectContaining({ code: 'webhook_invalid' });

describe('a webhook', () => {
  it('that is signed over its time and raw body is what it says', async () => {
    const read = await verifyWebhook({ body, signature: header() }, secret, { nowMs });
    expect(read).toEqual(JSON.parse(body));
    const bytes = new TextEncoder().encode(body);
    expect(await verifyWebhook({ body: bytes, signature: header() }, secret, { nowMs })).toEqual(
      read,
    );
    expect(await signWebhook(body, secret, t)).toBe(header());
  });

  it('may have one of several signatures, for one of several secrets', async () => {
    const signature = `t=${t}, v0=x, v1=${'0'.repeat(64)}, v1=${hmac(`${t}.${body}`, 'old')}`;
    await verifyWebhook({ body, signature }, ['new', 'old'], { nowMs });
    await expect(verifyWebhook({ body, signature }, ['new'], { nowMs })).rejects.toEqual(refused);
  });

  it('is refused where a single bit of it is another', async () => {
    const bytes = new TextEncoder().encode(body);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
        const changed = bytes.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const check = verifyWebhook({ body: changed, signature: header() }, secret, { nowMs });
        await expect(check).rejects.toEqual(refused);
      }),
    );
  });

  it.each([
    ['of another secret', header(body, t, 'other')],
    ['whose time was changed', header().replace(`t=${t}`, `t=${t + 1}`)],
    ['with two times', `t=${t},${header()}`],
    ['without a time', header().replace(/^t=\d+,/, '')],
    ['with a time that is none', header(body, '1e9')],
    ['cut short', header().slice(0, -2)],
    ['in capitals', header().toUpperCase()],
    ['that is empty', ''],
    ['that is missing', undefined],
    ['that is null', null],
  ])('is refused with a signature %s', async (_, signature) => {
    await expect(verifyWebhook({ body, signature }, secret, { nowMs })).rejects.toEqual(refused);
  });

  it('is refused five minutes before or after its time, or as it is said', async () => {
    const at = (ms: number, toleranceSeconds?: number) =>
      verifyWebhook({ body, signature: header() }, secret, { nowMs: ms, toleranceSeconds });
    await at(nowMs + 300_000);
    await at(nowMs - 300_000);
    await expect(at(nowMs + 301_000)).rejects.toEqual(refused);
    await expect(at(nowMs - 301_000)).rejects.toEqual(refused);
    await expect(at(nowMs + 11_000, 10)).rejects.toEqual(refused);
  });

  it('with a right signature of what is no JSON is refused', async () => {
    const check = verifyWebhook({ body: '{', signature: header('{') }, secret, { nowMs });
    await expect(check).rejects.toEqual(refused);
  });

  it('is never checked against an empty secret', async () => {
    const signature = header(body, t, '');
    const check = verifyWebhook({ body, signature }, '', { nowMs });
    await expect(check).rejects.toMatchObject({ code: 'invalid_argument', param: 'secret' });
  });
});
