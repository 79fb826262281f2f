import { type PulledModel, RotoError } from '@roto/sdk/contract';
import { type DownloadLimits, download } from './download.ts';
import { shownUrl } from './fetch-part.ts';
import { lockModel } from './model-lock.ts';
import { findPublished, type PublishedModel, sam2Files } from './sam2-files.ts';
import { hashFile, publishedPath, sizeOf } from './store.ts';

/** How far a pull is. */
export interface PullProgress {
  readonly model: string;
  /** Bytes that are there; never fewer than before. */
  readonly done: number;
  readonly total: number;
  /** Whether another process is fetching it and this one waits for that. */
  readonly waiting: boolean;
}

export interface PullOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
}

/**
 * Installs a published model: fetches its checkpoint into the models folder (`ROTO_MODELS_DIR`,
 * else the XDG data folder), from `ROTO_MODELS_BASE_URL/<file>` where that is set. Pulls of one
 * model, in one process or many, share one download. A file that is there already is checked and
 * kept, or fetched again where it is damaged.
 *
 * @throws RotoError `invalid_argument` for a model that is not published, `network_failed`,
 * `model_corrupt`, `disk_full`, `output_unwritable`, `interrupted`
 */
export function pullModel(id: string, options: PullOptions = {}): Promise<PulledModel> {
  const model = findPublished(id);
  if (model === undefined) {
    const known = sam2Files.map((each) => each.id).join(', ');
    throw new RotoError(
      'invalid_argument',
      `Expected a model that can be pulled, one of ${known}, but received ${JSON.stringify(id)}.`,
      { param: 'model', hint: 'roto models import adds a checkpoint of your own.' },
    );
  }
  return pullPublished(model, options);
}

/** {@link pullModel} of any published file; `limits` are for tests. */
export async function pullPublished(
  model: PublishedModel,
  options: PullOptions & { readonly limits?: Partial<DownloadLimits> },
): Promise<PulledModel> {
  const { signal, limits } = options;
  const urls = placesOf(model);
  const path = publishedPath(model);
  const { bytes, sha256 } = model.file;
  const result = { id: model.id, path, bytes, sha256 };
  const report = reporterOf(model, options);
  const lock = await lockModel(model.id, {
    signal,
    onWait: async () => report((await sizeOf(`${path}.part`)) ?? 0, true),
  });
  try {
    if ((await sizeOf(path)) === bytes && (await hashFile(path, signal)) === sha256) {
      return { ...result, pulled: false };
    }
    report(0, false);
    await download(
      { urls, path, bytes, sha256 },
      { signal, limits, onBytes: (done) => report(done, false) },
    );
    return { ...result, pulled: true };
  } catch (error) {
    throw withAdvice(error, model, urls);
  } finally {
    await lock.release();
  }
}

/** Reports at most ten times a second, and never fewer bytes than before. */
function reporterOf(model: PublishedModel, { onProgress }: PullOptions) {
  const total = model.file.bytes;
  let most = 0;
  let last = Number.NEGATIVE_INFINITY;
  return (bytes: number, waiting: boolean): void => {
    most = Math.max(most, Math.min(bytes, total));
    const now = performance.now();
    if (now - last < 100 && most < total) return;
    last = now;
    onProgress?.({ model: model.id, done: most, total, waiting });
  };
}

/** The mirror alone, where one is set: who sets one may not want to reach anything else. */
function placesOf(model: PublishedModel): readonly string[] {
  const base = process.env['ROTO_MODELS_BASE_URL'];
  if (base === undefined || base === '') return model.urls;
  const url = URL.parse(model.file.name, base.endsWith('/') ? base : `${base}/`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new RotoError(
      'invalid_argument',
      `Expected ROTO_MODELS_BASE_URL to be an http or https address but received ${JSON.stringify(base)}.`,
      { param: 'ROTO_MODELS_BASE_URL' },
    );
  }
  return [url.href];
}

/** Says how to get the file by hand, for machines without a network. */
function withAdvice(error: unknown, model: PublishedModel, urls: readonly string[]): unknown {
  if (!(error instanceof RotoError)) return error;
  if (error.code !== 'network_failed' && error.code !== 'model_corrupt') return error;
  const { name, bytes, sha256 } = model.file;
  const from = model.urls.map(shownUrl).join(' or ');
  return new RotoError(error.code, `The model ${model.id} was not pulled. ${error.message}`, {
    param: 'model',
    hint: `Try again later: what has arrived is kept. Or fetch ${name} (${bytes} bytes, SHA-256 ${sha256}) from ${from} elsewhere and put it at ${publishedPath(model)}${urls === model.urls ? '; ROTO_MODELS_BASE_URL names a mirror' : ''}.`,
    cause: error,
  });
}
