import { RotoError } from './contract/errors.ts';

/** A webhook as it came. */
export interface WebhookRequest {
  /** The body as it came, byte for byte: parsed and written again it has another signature. */
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** The header `roto-signature`: `t=<seconds>,v1=<hex>`. */
  readonly signature: string | null | undefined;
}

export interface VerifyWebhookOptions {
  /** Seconds a signature may be old, or ahead of this clock. 300 unless given. */
  readonly toleranceSeconds?: number | undefined;
  /** Milliseconds since 1970; this machine's clock unless given. */
  readonly nowMs?: number | undefined;
}

/**
 * Sees that a webhook comes from who has the secret, and is not an old one sent again, and gives
 * what it says. Several secrets may be given while one takes another's place. Compares in constant
 * time, by WebCrypto: runs wherever that is.
 *
 * @returns the body's JSON, not checked against any schema
 * @throws RotoError `webhook_invalid`
 * @example
 * const event = await verifyWebhook(
 *   { body: await request.text(), signature: request.headers.get('roto-signature') },
 *   secret,
 * );
 */
export async function verifyWebhook(
  request: WebhookRequest,
  secret: string | readonly string[],
  options: VerifyWebhookOptions = {},
): Promise<unknown> {
  const { timestamp, signatures } = parseSignature(request.signature);
  const body = typeof request.body === 'string' ? encoder.encode(request.body) : request.body;
  const secrets = (typeof secret === 'string' ? [secret] : secret).map(usableSecret);
  const message = signedBytes(timestamp, body);
  const checks = secrets.flatMap((one) => signatures.map((hex) => matches(one, message, hex)));
  if (!(await Promise.all(checks)).includes(true)) {
    throw invalid('The signature is not one of this body with this secret.', {
      hint: 'Check that the secret is this endpoint’s, and that the body is the raw one.',
    });
  }
  const now = (options.nowMs ?? Date.now()) / 1000;
  const age = Math.abs(now - timestamp);
  if (age > (options.toleranceSeconds ?? 300)) {
    throw invalid(`The signature is ${Math.round(age)} s away from this machine's clock.`, {
      hint: 'It may have been sent again by somebody else; or set the clock.',
    });
  }
  return parseBody(body);
}

/**
 * The header `roto-signature` of a body, as the service makes it: for tests of what receives it.
 * @param timestamp seconds since 1970
 */
export async function signWebhook(
  body: string | Uint8Array<ArrayBuffer>,
  secret: string,
  timestamp: number = Math.floor(Date.now() / 1000),
): Promise<string> {
  const bytes = typeof body === 'string' ? encoder.encode(body) : body;
  const key = await importKey(usableSecret(secret), 'sign');
  const signature = await crypto.subtle.sign('HMAC', key, signedBytes(timestamp, bytes));
  const hex = Array.from(new Uint8Array(signature), (byte) => byte.toString(16).padStart(2, '0'));
  return `t=${timestamp},v1=${hex.join('')}`;
}

const encoder = new TextEncoder();

interface Signature {
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** Each 64 hex digits. */
  readonly signatures: readonly string[];
}

function parseSignature(header: string | null | undefined): Signature {
  // A header of ours is short: what is not is somebody trying how long we count.
  const parts = (header ?? '').slice(0, 2048).split(',');
  const pairs = parts.map((part) => part.trim().split('='));
  const times = pairs.filter(([name]) => name === 't').map(([, value]) => value ?? '');
  const signatures = pairs
    .filter(([name, value]) => name === 'v1' && /^[0-9a-f]{64}$/.test(value ?? ''))
    .map(([, value]) => value ?? '');
  const [time = ''] = times;
  if (times.length !== 1 || !/^\d{1,12}$/.test(time) || signatures.length === 0) {
    throw invalid('Expected a signature header t=<seconds>,v1=<64 hex digits>.');
  }
  return { timestamp: Number(time), signatures };
}

async function matches(
  secret: string,
  message: Uint8Array<ArrayBuffer>,
  hex: string,
): Promise<boolean> {
  const signature = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return crypto.subtle.verify('HMAC', await importKey(secret, 'verify'), signature, message);
}

function importKey(secret: string, use: 'sign' | 'verify') {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, [use]);
}

function signedBytes(timestamp: number, body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(`${timestamp}.`);
  const bytes = new Uint8Array(head.byteLength + body.byteLength);
  bytes.set(head);
  bytes.set(body, head.byteLength);
  return bytes;
}

function parseBody(body: Uint8Array<ArrayBuffer>): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw invalid('The signature is right, but the body is not JSON.', { cause });
  }
}

/** An empty secret, as of a variable that is not set, would let in whoever guesses that. */
function usableSecret(secret: string): string {
  if (secret.trim() !== '') return secret;
  throw new RotoError('invalid_argument', 'Expected the secret of a webhook but it is empty.', {
    param: 'secret',
  });
}

function invalid(message: string, more: { hint?: string; cause?: unknown } = {}): RotoError {
  return new RotoError('webhook_invalid', message, more);
}
