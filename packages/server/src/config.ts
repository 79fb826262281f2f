import { totalmem } from 'node:os';
import { resolve } from 'node:path';
import { RotoError } from '@roto/sdk/contract';
import { exampleSecret, type VariableName, variables } from './variables.ts';

/** Variables by name; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The values of all variables, by name. */
type Values = {
  readonly [N in VariableName]: ReturnType<(typeof variables)[N]['schema']['parse']>;
};

/** Where files lie when they do not lie in the data folder. */
export interface S3Config {
  readonly bucket: string;
  readonly region: string;
  readonly endpoint?: string;
  /** Absent where the machine has its own. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface SmtpConfig {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  /** From the first byte, or by STARTTLS and not without; unsaid, as the server offers it. */
  readonly tls?: 'tls' | 'starttls';
}

export interface StripeConfig {
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** Origin of Stripe's API; Stripe's own where it is absent. */
  readonly apiUrl?: string;
}

/** How the service is to run; all of it was checked. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** Absolute. */
  readonly data: string;
  /** Undefined in development only: then one is kept in the data folder. */
  readonly secretKey: string | undefined;
  readonly previousSecretKey: string | undefined;
  /** Origin of the site; undefined where the status page of the service is the only one. */
  readonly frontendUrl: string | undefined;
  /** Origin of the service as clients reach it. */
  readonly publicUrl: string | undefined;
  readonly trustedProxies: number;
  /** Whether webhooks may go to private addresses. */
  readonly privateWebhooks: boolean;
  readonly logLevel: Values['ROTO_LOG_LEVEL'];
  /** Undefined: the embedded database. */
  readonly databaseUrl: string | undefined;
  /** Undefined: the data folder. */
  readonly s3: S3Config | undefined;
  /** Tasks that one worker runs at a time. */
  readonly workerTasks: number;
  /** Bytes that an inference host may hold. */
  readonly hostMemoryBytes: number;
  readonly mailFrom: string;
  readonly resendApiKey: string | undefined;
  readonly smtp: SmtpConfig | undefined;
  /** False: nothing costs anything. */
  readonly credits: boolean;
  /** Undefined: billing is not available. */
  readonly stripe: StripeConfig | undefined;
}

/** Flags of the command line. */
export interface ConfigFlags {
  readonly host?: string;
  readonly port?: number;
  readonly data?: string;
}

/** An environment that was looked at, whatever is wrong with it. */
export interface ExaminedEnvironment {
  /** What is wrong counts as not set in it. */
  readonly config: Config;
  /** Names every mistake; undefined where there is none. */
  readonly refusal: RotoError | undefined;
  /** The variables with a mistake. */
  readonly wrong: ReadonlySet<VariableName>;
}

/** A variable, and the sentence about it. */
interface Mistake {
  readonly name: VariableName;
  readonly says: string;
}

/**
 * Reads and checks the whole environment.
 * @param cwd folder that a relative data folder starts from
 * @throws RotoError `invalid_config`, which names every mistake
 */
export function readConfig(env: Environment, flags: ConfigFlags = {}, cwd = '.'): Config {
  const { config, refusal } = examineEnvironment(env, flags, cwd);
  if (refusal !== undefined) throw refusal;
  return config;
}

/** Like {@link readConfig}, for those who have more to look at before they refuse. */
export function examineEnvironment(
  env: Environment,
  flags: ConfigFlags = {},
  cwd = '.',
): ExaminedEnvironment {
  const mistakes: Mistake[] = [];
  const read = (name: VariableName): unknown => {
    const { schema } = variables[name];
    const { success, data, error } = schema.safeParse(env[name]?.trim() || undefined);
    if (success) return data;
    mistakes.push({ name, says: error.issues[0]?.message ?? 'not understood' });
    return schema.parse(undefined);
  };
  const names = Object.keys(variables).filter(isVariable);
  // biome-ignore lint/plugin: the schema of a name gives the values of that name
  const values = Object.fromEntries(names.map((name) => [name, read(name)])) as unknown as Values;
  const unread = new Set(mistakes.map(({ name }) => name));
  // One sentence a variable: what is not understood counts as not set, and would be missed as well.
  mistakes.push(...mistakesBetween(values).filter(({ name }) => !unread.has(name)));
  return {
    config: toConfig(values, flags, cwd),
    refusal: mistakes.length === 0 ? undefined : refusalOf(mistakes),
    wrong: new Set(mistakes.map(({ name }) => name)),
  };
}

function isVariable(name: string): name is VariableName {
  return Object.hasOwn(variables, name);
}

function refusalOf(mistakes: readonly Mistake[]): RotoError {
  const count = mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`;
  const sentences = mistakes.map(({ name, says }) => `${name}: ${says}.`).join(' ');
  return new RotoError('invalid_config', `The environment has ${count}. ${sentences}`, {
    hint: '.env.example lists every variable.',
  });
}

/** What no variable says alone. */
function mistakesBetween(values: Values): Mistake[] {
  const secrets = ['SECRET_KEY', 'SECRET_KEY_PREVIOUS'] as const;
  const known = secrets.filter((name) => values[name] === exampleSecret);
  const ofProduction: Mistake[] = [
    ...(values.SECRET_KEY === undefined
      ? [{ name: 'SECRET_KEY' as const, says: 'production needs one of its own' }]
      : []),
    ...known.map((name) => ({ name, says: 'the one of .env.example is known to everybody' })),
  ];
  return [
    ...together(values, 'AWS_S3_BUCKET', 'AWS_REGION'),
    ...together(values, 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'),
    ...together(values, 'AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID'),
    ...together(values, 'STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'),
    ...together(values, 'STRIPE_WEBHOOK_SECRET', 'STRIPE_SECRET_KEY'),
    ...together(values, 'MAIL_USERNAME', 'MAIL_PASSWORD'),
    ...(values.MAIL_USE_TLS === 'on' && values.MAIL_USE_SSL === 'on'
      ? [{ name: 'MAIL_USE_TLS' as const, says: 'expected off beside MAIL_USE_SSL, which is on' }]
      : []),
    ...(values.ROTO_ENV === 'production' ? ofProduction : []),
  ];
}

function together(values: Values, has: VariableName, needs: VariableName): Mistake[] {
  return values[has] !== undefined && values[needs] === undefined
    ? [{ name: needs, says: `${has} is set and needs it` }]
    : [];
}

function toConfig(values: Values, flags: ConfigFlags, cwd: string): Config {
  return {
    production: values.ROTO_ENV === 'production',
    host: flags.host ?? values.ROTO_HOST,
    port: flags.port ?? values.ROTO_PORT,
    data: resolve(cwd, flags.data ?? values.ROTO_DATA),
    secretKey: values.SECRET_KEY,
    previousSecretKey: values.SECRET_KEY_PREVIOUS,
    frontendUrl: values.FRONTEND_URL?.replace(/\/$/, ''),
    publicUrl: values.ROTO_PUBLIC_URL?.replace(/\/$/, ''),
    trustedProxies: values.ROTO_TRUSTED_PROXIES,
    privateWebhooks: values.ROTO_WEBHOOKS_PRIVATE === 'on',
    logLevel: values.ROTO_LOG_LEVEL,
    databaseUrl: values.DATABASE_URL,
    s3: s3Of(values),
    workerTasks: values.ROTO_WORKER_TASKS,
    hostMemoryBytes: hostMemory(values.ROTO_HOST_MEMORY),
    mailFrom: values.MAIL_FROM,
    resendApiKey: values.RESEND_API_KEY,
    smtp: smtpOf(values),
    credits: values.ROTO_CREDITS === 'on',
    stripe: stripeOf(values),
  };
}

/** What is set, else four fifths of the memory there is: above, the machine itself is in danger. */
function hostMemory(mebibytes: number | undefined): number {
  if (mebibytes !== undefined) return mebibytes * 2 ** 20;
  const allowed = process.constrainedMemory();
  return 0.8 * (allowed > 0 ? Math.min(allowed, totalmem()) : totalmem());
}

function s3Of(values: Values): S3Config | undefined {
  const { AWS_S3_BUCKET: bucket, AWS_REGION: region, AWS_ENDPOINT_URL_S3: endpoint } = values;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = values;
  if (bucket === undefined || region === undefined) return undefined;
  return {
    bucket,
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
  };
}

function smtpOf(values: Values): SmtpConfig | undefined {
  const { MAIL_SERVER: host, MAIL_PORT: port } = values;
  const { MAIL_USERNAME: username, MAIL_PASSWORD: password } = values;
  if (host === undefined) return undefined;
  const tls = smtpTls(values);
  return {
    host,
    port,
    ...(tls === undefined ? {} : { tls }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
}

/** The port on which TLS is there from the first byte, unless something else is said. */
const smtpsPort = 465;

function smtpTls({ MAIL_USE_SSL, MAIL_USE_TLS, MAIL_PORT }: Values): SmtpConfig['tls'] {
  if (MAIL_USE_TLS === 'on') return 'starttls';
  return MAIL_USE_SSL === 'on' || MAIL_PORT === smtpsPort ? 'tls' : undefined;
}

function stripeOf(values: Values): StripeConfig | undefined {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = values;
  const { STRIPE_API_URL: apiUrl } = values;
  if (secretKey === undefined || webhookSecret === undefined) return undefined;
  return { secretKey, webhookSecret, ...(apiUrl === undefined ? {} : { apiUrl }) };
}
