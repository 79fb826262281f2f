import type { z } from 'zod';
import { platformFetch } from '#platform/fetch';
import type { ApiPromise } from './api-promise.ts';
import { RotoError } from './contract/errors.ts';
import type { Fetch, FetchDispatcher } from './fetch.ts';
import { type MaskClipOptions, type MaskedClip, maskClip } from './mask-clip.ts';
import { type JsonRequestSpec, type Logger, type RequestOptions, Transport } from './request.ts';
import { Admin } from './resources/admin.ts';
import { ApiKeys } from './resources/api-keys.ts';
import { Auth } from './resources/auth.ts';
import { Billing } from './resources/billing.ts';
import { Credits } from './resources/credits.ts';
import { Greenscreens } from './resources/greenscreens.ts';
import { Masks } from './resources/masks.ts';
import { Tasks } from './resources/tasks.ts';
import { Uploads } from './resources/uploads.ts';
import { Users } from './resources/users.ts';
import { Videos } from './resources/videos.ts';
import { Webhooks } from './resources/webhooks.ts';
import type { ClipInput } from './upload-clip.ts';
import { sdkVersion } from './version.ts';

/** How a client is set up; what is left out comes from the environment, or is as written here. */
export interface RotoOptions {
  /**
   * An API key, or an access token of a login; a function is asked before every try, so that a
   * token can be renewed. `ROTO_API_KEY` unless given. Without one only what needs no account works.
   */
  readonly apiKey?: string | (() => string | Promise<string>) | undefined;
  /** Where the server is, such as `http://127.0.0.1:8000`. `ROTO_BASE_URL` unless given. */
  readonly baseUrl?: string | undefined;
  /** Milliseconds one try of a call may take. 60,000 unless given. */
  readonly timeoutMs?: number | undefined;
  /** Tries after the first. 2 unless given. */
  readonly maxRetries?: number | undefined;
  /** Node only: the undici dispatcher requests go through. One that knows `HTTP_PROXY` unless given. */
  readonly dispatcher?: FetchDispatcher | undefined;
  /** What makes the requests. undici's on Node, the runtime's own elsewhere, unless given. */
  readonly fetch?: Fetch | undefined;
  /** Told of every request and of what is tried again; `console` will do. Silent unless given. */
  readonly logger?: Logger | undefined;
}

/**
 * A client of one roto server.
 *
 * @example
 * const roto = new Roto({
 *   baseUrl: 'http://127.0.0.1:8000',
 *   apiKey: process.env['ROTO_API_KEY'],
 * });
 */
export class Roto {
  readonly #transport: Transport;
  /** Accounts and logins. */
  readonly auth: Auth;
  /** One's own account. */
  readonly users: Users;
  /** API keys of the account. */
  readonly apiKeys: ApiKeys;
  /** Clips: movies and sequences. */
  readonly videos: Videos;
  /** Uploads piece by piece; `videos.upload` does it in one call. */
  readonly uploads: Uploads;
  /** Objects are followed and cut out. */
  readonly masks: Masks;
  /** Greenscreen movies of what was tracked. */
  readonly greenscreens: Greenscreens;
  /** Tasks of the account. */
  readonly tasks: Tasks;
  /** What the account can spend. */
  readonly credits: Credits;
  /** What there is to buy, and the subscription. */
  readonly billing: Billing;
  /** URLs that are told when tasks end. */
  readonly webhooks: Webhooks;
  /** What super users see and do. */
  readonly admin: Admin;

  /** @throws RotoError `invalid_argument` where an option is missing or not what was expected */
  constructor(options: RotoOptions = {}) {
    this.#transport = new Transport({
      baseUrl: baseUrlOf(options.baseUrl),
      apiKey: apiKeyOf(options.apiKey),
      timeoutMs: positive('timeoutMs', options.timeoutMs ?? 60_000),
      maxRetries: wholeNumber('maxRetries', options.maxRetries ?? 2),
      fetch: options.fetch ?? platformFetch(options.dispatcher),
      logger: options.logger,
      userAgent: userAgent(),
    });
    this.auth = new Auth(this.#transport);
    this.users = new Users(this.#transport);
    this.apiKeys = new ApiKeys(this.#transport);
    this.videos = new Videos(this.#transport);
    this.uploads = new Uploads(this.#transport);
    this.masks = new Masks(this.#transport);
    this.greenscreens = new Greenscreens(this.#transport);
    this.tasks = new Tasks(this.#transport);
    this.credits = new Credits(this.#transport);
    this.billing = new Billing(this.#transport);
    this.webhooks = new Webhooks(this.#transport);
    this.admin = new Admin(this.#transport);
  }

  /** The server this client speaks to, without a slash at the end. */
  get baseUrl(): string {
    return this.#transport.baseUrl;
  }

  /**
   * Masks a clip, all the way in one call: it is uploaded unless it is there, looked at, masked, and
   * the files are downloaded into `to`, laid out as `roto mask --local` lays them out.
   *
   * @param clip as for `videos.upload`, or the id of a video (`vid_…`)
   * @throws VideoFailedError, TaskFailedError, TaskTimeoutError, AbortError; RotoError
   * `output_exists`; what any call throws
   * @example
   * const { files } = await roto.mask('clip.mp4', {
   *   points: { positive: [[48, 32]] },
   *   outputs: ['png16'],
   *   to: 'mattes/',
   * });
   */
  mask(clip: ClipInput, options: MaskClipOptions): Promise<MaskedClip> {
    return maskClip(this, clip, options);
  }

  /**
   * Any call that has no method of its own, with the retries, keys and errors of those that have.
   * @throws ApiError, ConnectionError, TimeoutError, AbortError, ReplyError
   */
  request<Schema extends z.ZodType>(
    spec: JsonRequestSpec<Schema>,
    options: RequestOptions = {},
  ): ApiPromise<z.output<Schema>> {
    return this.#transport.request(spec, options);
  }
}

/** A variable of the environment, where there is one; blank counts as unset. */
function environment(name: string): string | undefined {
  try {
    const value = globalThis.process?.env[name]?.trim();
    return value === '' ? undefined : value;
  } catch {
    // Deno, without leave to read the environment.
    return undefined;
  }
}

function baseUrlOf(given: string | undefined): string {
  const text = blankAsUnset(given) ?? environment('ROTO_BASE_URL');
  if (text === undefined) {
    throw invalid('baseUrl', 'Expected the address of a roto server but received none.', {
      hint: 'Give baseUrl, or set ROTO_BASE_URL; `roto serve` listens on http://127.0.0.1:8000.',
    });
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
    throw invalid('baseUrl', 'Expected an http or https address without a query for baseUrl.');
  }
  // It is not shown: what stands before the @ is a password.
  if (url.username !== '' || url.password !== '') {
    throw invalid('baseUrl', 'Expected a baseUrl without a user and a password in it.');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function apiKeyOf(given: RotoOptions['apiKey']): RotoOptions['apiKey'] {
  if (typeof given === 'function') return async () => checkKey(await given());
  const key = blankAsUnset(given) ?? environment('ROTO_API_KEY');
  return key === undefined ? undefined : checkKey(key);
}

/** Keys are read from files and copied from mails: a fetch that refused one would print it. */
function checkKey(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw invalid('apiKey', 'Expected an API key of printable ASCII characters without spaces.');
}

function blankAsUnset(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text === '' ? undefined : text;
}

function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw invalid(name, `Expected a number above 0 for ${name} but received ${value}.`);
}

function wholeNumber(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw invalid(name, `Expected a whole number from 0 for ${name} but received ${value}.`);
}

function invalid(param: string, message: string, more: { hint?: string } = {}): RotoError {
  return new RotoError('invalid_argument', message, { param, ...more });
}

/** Browsers say who they are themselves, and let nobody else. */
function userAgent(): string | undefined {
  return 'document' in globalThis ? undefined : `roto-sdk/${sdkVersion}`;
}
