import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join, resolve } from 'node:path';
import { type CudaSetup, RotoError } from '@roto/sdk/contract';
import { z } from 'zod';
import { outputFailure } from '../export/output-failure.ts';
import { type DownloadLimits, download } from '../models/download.ts';
import { shownUrl } from '../models/fetch-part.ts';
import { modelsFolder } from '../models/models-folder.ts';
import { remoteSize } from '../models/remote-size.ts';
import { hashFile, sizeOf } from '../models/store.ts';
import {
  cudaLacks,
  type ProviderRecord,
  providerLibraries,
  providerRecordName,
  readProviderRecord,
} from '../ort/cuda-parts.ts';
import { type RuntimePlace, runtimePlace } from '../ort/runtime-place.ts';
import { throwIfStopped } from '../stop.ts';
import { extractFiles } from './extract-files.ts';

export interface SetupCudaOptions {
  /** Package fetched elsewhere, for machines without a network. */
  readonly file?: string;
  readonly signal?: AbortSignal;
  /** Bytes of the download that are there, and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What tests set apart. */
interface SetupSurroundings {
  readonly place?: RuntimePlace;
  readonly platform?: string;
  readonly limits?: Partial<DownloadLimits>;
}

const packageName = 'microsoft.ml.onnxruntime.gpu.linux';
const nuget = 'https://api.nuget.org/v3-flatcontainer/';

/**
 * Puts the CUDA libraries of the installed onnxruntime beside its binding, where it looks for them:
 * from the NuGet package of its very version, fetched from nuget.org or `ROTO_CUDA_BASE_URL`.
 * What a stopped download brought is gone on with. Driver, CUDA and cuDNN are not roto's to install;
 * the result says what of them is missing.
 *
 * @throws RotoError `device_unavailable` on other platforms than Linux x64, `output_unwritable`
 * where the folder belongs to someone else, `network_failed`, `model_corrupt`, `disk_full`,
 * `source_not_found`, `interrupted`
 */
export function setupCuda(options: SetupCudaOptions = {}): Promise<CudaSetup> {
  return setupCudaAt(options, {});
}

/** {@link setupCuda} with other surroundings, for tests. */
export async function setupCudaAt(
  options: SetupCudaOptions,
  around: SetupSurroundings,
): Promise<CudaSetup> {
  checkPlatform(around.platform ?? `${platform()} ${arch()}`);
  const place = around.place ?? (await runtimePlace());
  const files = providerLibraries.map((name) => join(place.folder, name));
  const known = await readProviderRecord(place.folder);
  const there = (await Promise.all(files.map(sizeOf))).every((size) => size !== undefined);
  const isNew = !there || known?.version !== place.version || options.file !== undefined;
  if (isNew) await install(place, options, around.limits);
  const { sha256 } = (await readProviderRecord(place.folder)) ?? { sha256: '' };
  const { version, folder } = place;
  return { version, folder, files, sha256, installed: isNew, lacks: await cudaLacks() };
}

function checkPlatform(name: string): void {
  if (name === 'linux x64') return;
  throw new RotoError(
    'device_unavailable',
    `onnxruntime for Node has CUDA on linux x64 only, and this is ${name}.`,
    { param: 'device', hint: 'Use --device cpu.' },
  );
}

async function install(
  place: RuntimePlace,
  options: SetupCudaOptions,
  limits: Partial<DownloadLimits> | undefined,
): Promise<void> {
  await checkWritable(place.folder);
  const archive =
    options.file === undefined
      ? await fetchPackage(place.version, options, limits)
      : await givenPackage(options.file);
  try {
    await unpack(archive, place, options.signal);
  } catch (error) {
    throwIfStopped(options.signal);
    throw outputFailure(error, place.folder);
  }
  // The libraries are in their place: the package is 300 MB that nobody needs again.
  if (options.file === undefined) await rm(archive, { force: true });
}

async function checkWritable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new RotoError(
      'output_unwritable',
      `Expected to write to ${folder}, where onnxruntime looks for its CUDA libraries.`,
      {
        hint: 'Run roto setup cuda as the user who installed roto, or have them put the libraries there.',
        cause,
      },
    );
  }
}

async function givenPackage(file: string): Promise<string> {
  const path = resolve(file);
  if ((await stat(path).catch(() => undefined))?.isFile() === true) return path;
  throw new RotoError('source_not_found', `Expected a NuGet package at ${path}.`, {
    param: 'file',
  });
}

/** The libraries appear together under their names, and their record last. */
async function unpack(archive: string, place: RuntimePlace, signal?: AbortSignal): Promise<void> {
  const suffix = randomBytes(6).toString('hex');
  const parts = providerLibraries.map((name) => ({
    name: `runtimes/linux-x64/native/${name}`,
    path: join(place.folder, `.${name}.${suffix}`),
    target: join(place.folder, name),
  }));
  const sha256 = await hashFile(archive, signal);
  await checkVersion(archive, place, suffix, signal);
  await extractFiles(archive, parts, signal);
  await rm(join(place.folder, providerRecordName), { force: true });
  for (const { path, target } of parts) await rename(path, target);
  const record: z.infer<typeof ProviderRecord> = {
    schema: 'roto.cuda-libraries/1',
    version: place.version,
    sha256,
  };
  await writeFile(join(place.folder, providerRecordName), `${JSON.stringify(record)}\n`);
}

/** Libraries of another version would crash the process or be refused, so the package is asked. */
async function checkVersion(
  archive: string,
  place: RuntimePlace,
  suffix: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = join(place.folder, `.nuspec.${suffix}`);
  await extractFiles(archive, [{ name: /^[^/]+\.nuspec$/i, path }], signal);
  const text = await readFile(path, 'utf8');
  await rm(path, { force: true });
  const version = /<version>\s*([^<\s]+)\s*<\/version>/.exec(text)?.[1];
  if (version === place.version) return;
  throw new RotoError(
    'model_corrupt',
    `Expected the package of onnxruntime ${place.version} but ${archive} is of ${version ?? 'no version'}.`,
    { param: 'file', hint: `Fetch ${packageUrl(place.version)} instead.` },
  );
}

function packageUrl(version: string, base = nuget): string {
  const path = `${packageName}/${version}/${packageName}.${version}.nupkg`;
  const url = URL.parse(path, base.endsWith('/') ? base : `${base}/`);
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url.href;
  throw new RotoError(
    'invalid_argument',
    `Expected ROTO_CUDA_BASE_URL to be an http or https address but received ${JSON.stringify(base)}.`,
    { param: 'ROTO_CUDA_BASE_URL' },
  );
}

const Fetched = z.object({ url: z.string(), bytes: z.number(), sha256: z.string() });

async function fetchPackage(
  version: string,
  { signal, onProgress }: SetupCudaOptions,
  limits: Partial<DownloadLimits> | undefined,
): Promise<string> {
  const base = process.env['ROTO_CUDA_BASE_URL'];
  const url = packageUrl(version, base === undefined || base === '' ? nuget : base);
  const folder = join(modelsFolder(), '.cuda');
  const path = join(folder, `${packageName}.${version}.nupkg`);
  try {
    const known = await readFetched(path, url);
    const bytes = known?.bytes ?? (await remoteSize(url, signal));
    const isThere = (await sizeOf(path)) === bytes;
    const isRight = isThere && (await hashFile(path, signal)) === known?.sha256;
    if (!isRight) {
      const sum = known === undefined ? {} : { sha256: known.sha256 };
      const onBytes = (done: number) => onProgress?.(done, bytes);
      await download({ urls: [url], path, bytes, ...sum }, { signal, onBytes, limits });
    }
    const sha256 = await hashFile(path, signal);
    await mkdir(folder, { recursive: true });
    await writeFile(`${path}.json`, `${JSON.stringify({ url, bytes, sha256 })}\n`);
    return path;
  } catch (error) {
    throw withAdvice(error, url);
  }
}

/** What came from an address the first time; another file there later is not taken for it. */
async function readFetched(
  path: string,
  url: string,
): Promise<z.infer<typeof Fetched> | undefined> {
  try {
    const fetched = Fetched.parse(JSON.parse(await readFile(`${path}.json`, 'utf8')));
    return fetched.url === url ? fetched : undefined;
  } catch {
    return undefined;
  }
}

function withAdvice(error: unknown, url: string): unknown {
  if (!(error instanceof RotoError) || !['network_failed', 'model_corrupt'].includes(error.code)) {
    return error;
  }
  return new RotoError(error.code, `The CUDA libraries were not fetched. ${error.message}`, {
    hint: `Try again later: what has arrived is kept. Or fetch ${shownUrl(url)} elsewhere and give it with --file.`,
    cause: error,
  });
}
