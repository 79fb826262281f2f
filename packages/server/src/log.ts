import pino, { type DestinationStream, type Logger } from 'pino';

/** The log: JSON, one line an event. */
export type Log = Logger;

/** Levels of the log, the most talkative first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Names of fields that hold secrets, wherever they stand in an object of one or two levels. */
const secretFields = [
  'password',
  'token',
  'accessToken',
  'refreshToken',
  'secret',
  'apiKey',
  'authorization',
  'cookie',
  'set-cookie',
  'idempotency-key',
  'stripe-signature',
];

const redact = {
  paths: secretFields.flatMap((name) => {
    const key = /^\w+$/.test(name) ? `.${name}` : `["${name}"]`;
    return [key.replace(/^\./, ''), `*${key}`, `*.*${key}`];
  }),
  censor: '[redacted]',
};

/** A log that writes to stderr unless another stream is given; secrets in it are blotted out. */
export function createLog(
  level: LogLevel,
  stream: DestinationStream = pino.destination({ dest: 2, sync: false }),
): Log {
  return pino({ level, redact, base: null }, stream);
}
