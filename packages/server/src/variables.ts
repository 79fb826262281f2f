import { z } from 'zod';
import { logLevels } from './log.ts';

/** One variable of the environment. */
export interface Variable<T> {
  readonly section: string;
  /** What it is, for `.env.example`. */
  readonly text: string;
  /** What `.env.example` shows, commented out. */
  readonly example: string;
  /** Reads the text; its message says what was expected. */
  readonly schema: z.ZodType<T, string | undefined>;
}

function variable<T>(
  section: string,
  text: string,
  example: string,
  schema: z.ZodType<T, string | undefined>,
): Variable<T> {
  return { section, text, example, schema };
}

const text = z.string().optional();

function origin(expected: string) {
  return z
    .string()
    .optional()
    .refine((value) => value === undefined || isOrigin(value), { error: expected });
}

function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === value.replace(/\/$/, '');
}

function wholeNumber(least: number, most: number, fallback: number) {
  const expected = `expected a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, { error: expected })
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error: expected })
    .optional()
    .transform((value) => value ?? fallback);
}

function choice<const T extends readonly [string, ...string[]]>(names: T, fallback: T[number]) {
  return z
    .enum(names, { error: `expected ${names.join(', ')}` })
    .optional()
    .transform((value): T[number] => value ?? fallback);
}

/** The secret that `.env.example` shows: refused in production. */
export const exampleSecret = 'change-me-change-me-change-me-change-me';

const secret = z
  .string()
  .min(32, { error: 'expected at least 32 characters, such as `openssl rand -base64 48` gives' })
  .optional();

const service = 'Service';
const database = 'Database and storage';
const workers = 'Workers';
const mail = 'Mail';
const billing = 'Credits and billing';

/**
 * Every variable the service reads: types, checks and `.env.example` come from here. Blank counts as
 * not set. Flags of the command line win over `ROTO_HOST`, `ROTO_PORT` and `ROTO_DATA`.
 */
export const variables = {
  ROTO_ENV: variable(
    service,
    'production refuses what is only good enough to try things out.',
    'production',
    choice(['development', 'production'], 'development'),
  ),
  ROTO_HOST: variable(
    service,
    'Address to listen on.',
    '127.0.0.1',
    text.transform((value) => value ?? '127.0.0.1'),
  ),
  ROTO_PORT: variable(
    service,
    'Port to listen on; 0 takes a free one.',
    '8000',
    wholeNumber(0, 65_535, 8000),
  ),
  ROTO_DATA: variable(
    service,
    'Folder of the embedded database, of files and of mails.',
    './roto-data',
    text.transform((value) => value ?? './roto-data'),
  ),
  SECRET_KEY: variable(
    service,
    'Signs tokens and links. In development one is made and kept in the data folder.',
    exampleSecret,
    secret,
  ),
  SECRET_KEY_PREVIOUS: variable(
    service,
    'The secret before this one: what it signed still counts.',
    '',
    secret,
  ),
  FRONTEND_URL: variable(
    service,
    'Origin of the site that may call the service from a browser, and that links in mails open.',
    'https://roto.example.com',
    origin('expected an origin such as https://roto.example.com, without a path'),
  ),
  ROTO_PUBLIC_URL: variable(
    service,
    'Origin under which the service itself is reached.',
    'https://api.roto.example.com',
    origin('expected an origin such as https://api.roto.example.com, without a path'),
  ),
  ROTO_TRUSTED_PROXIES: variable(
    service,
    'Proxies in front of the service that add to X-Forwarded-For.',
    '1',
    wholeNumber(0, 10, 0),
  ),
  ROTO_WEBHOOKS_PRIVATE: variable(
    service,
    'on lets the webhooks of users go to private addresses, too; only where all users are trusted.',
    'on',
    choice(['on', 'off'], 'off'),
  ),
  ROTO_LOG_LEVEL: variable(
    service,
    `Least of what is logged: ${logLevels.join(', ')}.`,
    'info',
    choice(logLevels, 'info'),
  ),
  DATABASE_URL: variable(
    database,
    'Postgres; without it the database is embedded, in the data folder.',
    'postgresql://roto:password@localhost/roto',
    z
      .string()
      .regex(/^postgres(ql)?:\/\//, { error: 'expected a URL that starts with postgresql://' })
      .optional(),
  ),
  AWS_S3_BUCKET: variable(
    database,
    'Bucket for all files; without it they lie in the data folder.',
    'roto-files',
    text,
  ),
  AWS_REGION: variable(database, 'Region of the bucket.', 'eu-central-1', text),
  AWS_ACCESS_KEY_ID: variable(database, 'Key of the bucket.', '', text),
  AWS_SECRET_ACCESS_KEY: variable(database, 'Secret of that key.', '', text),
  AWS_ENDPOINT_URL_S3: variable(
    database,
    'Another S3-compatible store.',
    'http://localhost:9000',
    origin('expected an origin such as http://localhost:9000, without a path'),
  ),
  ROTO_WORKER_TASKS: variable(
    workers,
    'Tasks that one worker runs at a time.',
    '1',
    wholeNumber(1, 64, 1),
  ),
  ROTO_HOST_MEMORY: variable(
    workers,
    'Mebibytes that an inference host may hold before it is ended; most of the memory unless set.',
    '12000',
    wholeNumber(256, 9_999_999, 0).transform((value) => (value === 0 ? undefined : value)),
  ),
  RESEND_API_KEY: variable(mail, 'Sends mail through Resend.', '', text),
  MAIL_SERVER: variable(
    mail,
    'Sends mail through this SMTP server. Without either, mails are files in the data folder.',
    'smtp.example.com',
    text,
  ),
  MAIL_PORT: variable(mail, 'Its port.', '587', wholeNumber(1, 65_535, 587)),
  MAIL_USERNAME: variable(mail, 'Account there.', '', text),
  MAIL_PASSWORD: variable(mail, 'Password there.', '', text),
  MAIL_USE_TLS: variable(
    mail,
    'on sends nothing without STARTTLS; a password is never sent without TLS.',
    'off',
    choice(['on', 'off'], 'off'),
  ),
  MAIL_USE_SSL: variable(
    mail,
    'on speaks TLS from the first byte, as it is on port 465.',
    'off',
    choice(['on', 'off'], 'off'),
  ),
  MAIL_FROM: variable(
    mail,
    'Sender of all mail.',
    'roto <no-reply@example.com>',
    text.transform((value) => value ?? 'roto <no-reply@localhost>'),
  ),
  ROTO_CREDITS: variable(
    billing,
    'off runs unmetered: nothing costs anything.',
    'on',
    choice(['on', 'off'], 'on'),
  ),
  STRIPE_SECRET_KEY: variable(billing, 'Takes payments through Stripe.', '', text),
  STRIPE_WEBHOOK_SECRET: variable(billing, "Checks that Stripe's events are Stripe's.", '', text),
  STRIPE_API_URL: variable(
    billing,
    "Another place that speaks Stripe's API, to try things out.",
    'http://localhost:12111',
    origin('expected an origin such as http://localhost:12111, without a path'),
  ),
} as const;

export type VariableName = keyof typeof variables;

/** The file `.env.example`: every variable, with what it is, none of them set. */
export function renderEnvExample(): string {
  const entries = Object.entries(variables);
  const sections = [...new Set(entries.map(([, { section }]) => section))];
  const parts = sections.map((title) => {
    const lines = entries
      .filter(([, { section }]) => section === title)
      .map(([name, { text: says, example }]) => `# ${says}\n# ${name}=${example}`);
    return [`## ${title}`, ...lines].join('\n\n');
  });
  const header =
    '# The environment of roto serve, worker and migrate. scripts/gen-env-example.ts writes this.';
  return `${[header, ...parts].join('\n\n')}\n`;
}
