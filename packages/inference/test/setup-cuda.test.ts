import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { providerLibraries } from '../src/ort/cuda-parts.ts';
import { type SetupCudaOptions, setupCudaAt } from '../src/setup/setup-cuda.ts';
import { begin, dropAfter, type FileServer, serveFile, serveWell } from './support/file-server.ts';
import { packedZip } from './support/write-zip.ts';

const version = '1.30.0';
const packageFile = `microsoft.ml.onnxruntime.gpu.linux.${version}.nupkg`;

let folder = '';
let place = { version, folder: '' };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roto cuda '));
  place = { version, folder: join(folder, 'binding') };
  await mkdir(place.folder);
  vi.stubEnv('ROTO_MODELS_DIR', join(folder, 'models'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** What stands for a library: bytes that do not repeat, and are another's in each. */
function libraryBytes(name: string): Buffer {
  const seed = name.length;
  return Buffer.from(
    Uint32Array.from({ length: 20_000 }, (_, i) => Math.imul(i + seed, 0x9e_37_79_b9)).buffer,
  );
}

function nupkg(of = version, libraries: readonly string[] = providerLibraries): Buffer {
  const spec = `<package><metadata><id>Gpu</id><version>${of}</version></metadata></package>`;
  return packedZip([
    { name: 'Microsoft.ML.OnnxRuntime.Gpu.Linux.nuspec', bytes: () => Buffer.from(spec) },
    { name: 'runtimes/linux-x64/native/libonnxruntime.so', bytes: () => Buffer.from('not this') },
    ...libraries.map((name) => ({
      name: `runtimes/linux-x64/native/${name}`,
      bytes: () => libraryBytes(name),
    })),
  ]);
}

function setup(options: SetupCudaOptions = {}) {
  const limits = { stallMs: 30_000, firstWaitMs: 5, longestWaitMs: 20 };
  return setupCudaAt(options, { place, platform: 'linux x64', limits });
}

function setupFrom(server: FileServer, options: SetupCudaOptions = {}) {
  vi.stubEnv('ROTO_CUDA_BASE_URL', server.url);
  return setup(options);
}

async function expectInstalled(): Promise<void> {
  const names = await readdir(place.folder);
  expect(new Set(names)).toEqual(new Set([...providerLibraries, 'roto-cuda.json']));
  for (const name of providerLibraries) {
    expect((await readFile(join(place.folder, name))).equals(libraryBytes(name))).toBe(true);
  }
}

describe('setupCuda', () => {
  it('puts the three libraries of the package beside the binding, and nothing else', async () => {
    await using server = await serveFile(nupkg());
    const steps: number[] = [];
    const result = await setupFrom(server, { onProgress: (done) => steps.push(done) });
    expect(result).toMatchObject({ version, folder: place.folder, installed: true });
    expect(result.sha256).toMatch(/^[0-9a-f]{64}$/);
    await expectInstalled();
    expect(steps.at(-1)).toBe(nupkg().length);
    expect(server.requests.map(({ path }) => path)[0]).toBe(
      `/models/microsoft.ml.onnxruntime.gpu.linux/${version}/${packageFile}`,
    );
    // The package itself is not kept.
    expect(await readdir(join(folder, 'models', '.cuda'))).toEqual([`${packageFile}.json`]);
  });

  it('fetches nothing where the right ones are there, and others where roto has another runtime', async () => {
    await using server = await serveFile(nupkg());
    await setupFrom(server);
    const asked = server.requests.length;
    expect(await setupFrom(server)).toMatchObject({ installed: false });
    expect(server.requests).toHaveLength(asked);
    await using newer = await serveFile(nupkg('1.31.0'));
    place = { ...place, version: '1.31.0' };
    expect(await setupFrom(newer)).toMatchObject({ installed: true, version: '1.31.0' });
    await expectInstalled();
  });

  it('goes on with what a broken line brought', async () => {
    const part = join(folder, 'models', '.cuda', `${packageFile}.part`);
    await using server = await serveFile(nupkg(), (exchange) =>
      // The first request asks for the size alone.
      exchange.index === 1 ? dropAfter(exchange, 50_000, part) : serveWell(exchange),
    );
    await setupFrom(server);
    expect(server.requests.at(-1)?.range).toBe('bytes=50000-');
    await expectInstalled();
  });

  it('takes a package that was fetched elsewhere', async () => {
    const file = join(folder, 'fetched.nupkg');
    await writeFile(file, nupkg());
    vi.stubEnv('ROTO_CUDA_BASE_URL', 'http://127.0.0.1:9/');
    await setup({ file });
    await expectInstalled();
    // It is someone's file, and stays.
    expect((await readFile(file)).equals(nupkg())).toBe(true);
    await expect(setup({ file: join(folder, 'gone.nupkg') })).rejects.toMatchObject({
      code: 'source_not_found',
      param: 'file',
    });
  });

  it.each([
    ['of another version', nupkg('1.29.0'), 'is of 1.29.0'],
    ['without a library', nupkg(version, providerLibraries.slice(0, 2)), 'it has no runtimes'],
    ['cut short', nupkg().subarray(0, 1000), 'cannot be used'],
    ['with a byte flipped', flipped(nupkg()), 'cannot be used'],
  ])('refuses a package %s and leaves the folder as it was', async (_what, bytes, said) => {
    const file = join(folder, 'bad.nupkg');
    await writeFile(file, bytes);
    await expect(setup({ file })).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining(said),
    });
    expect(await readdir(place.folder)).toEqual([]);
  });

  it('does not take another package for the one it fetched before', async () => {
    await using server = await serveFile(nupkg());
    await setupFrom(server);
    await rm(join(place.folder, providerLibraries[0]));
    const other = flipped(nupkg());
    await using forged = await serveFile(other, (exchange) => {
      begin(exchange);
      exchange.response.end(other);
    });
    const record = join(folder, 'models', '.cuda', `${packageFile}.json`);
    const known = await readFile(record, 'utf8');
    await writeFile(record, known.replaceAll(server.url, forged.url));
    await expect(setupFrom(forged)).rejects.toMatchObject({ code: 'model_corrupt' });
  });

  it('says how to go on without a network', async () => {
    await using server = await serveFile(nupkg(), ({ response }) => {
      response.writeHead(404).end();
    });
    await expect(setupFrom(server)).rejects.toMatchObject({
      code: 'network_failed',
      message: expect.stringContaining('404'),
      hint: expect.stringMatching(/fetch http.*nupkg elsewhere and give it with --file/),
    });
    vi.stubEnv('ROTO_CUDA_BASE_URL', 'ftp://mirror');
    await expect(setup()).rejects.toMatchObject({
      code: 'invalid_argument',
      param: 'ROTO_CUDA_BASE_URL',
    });
  });

  it('fetches nothing where it cannot write beside the binding, and says so', async () => {
    await using server = await serveFile(nupkg());
    place = { ...place, folder: join(folder, 'not there') };
    await expect(setupFrom(server)).rejects.toMatchObject({
      code: 'output_unwritable',
      message: expect.stringContaining(place.folder),
    });
    expect(server.requests).toEqual([]);
  });

  it('stops when it is told to, and leaves nothing in the folder', async () => {
    await using server = await serveFile(nupkg());
    const stopping = setupFrom(server, { signal: AbortSignal.abort() });
    await expect(stopping).rejects.toMatchObject({ code: 'interrupted' });
    expect(await readdir(place.folder)).toEqual([]);
  });

  it('is refused where onnxruntime has no CUDA', async () => {
    const elsewhere = setupCudaAt({}, { place, platform: 'darwin arm64' });
    await expect(elsewhere).rejects.toMatchObject({
      code: 'device_unavailable',
      message: expect.stringContaining('darwin arm64'),
    });
  });
});

function flipped(bytes: Buffer): Buffer {
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return bytes;
}
