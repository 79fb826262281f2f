// The packed client, installed from its tarball into an empty project, uploads to a service and
// downloads again in plain JavaScript on Node, Bun and Deno, all of which come from npm (200 MB).
// `npm run soak runtimes`
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startServeProcess } from '../../server/test/support/serve-process.ts';
import { Roto } from '../src/index.ts';

const run = promisify(execFile);
const runtimes = { bun: '1.4.5', deno: '2.9.6' };
const program = `import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { ApiError, folderUploadStore, Roto } from '@roto/sdk';
const [baseUrl, apiKey, folder] = process.argv.slice(2);
const roto = new Roto({ baseUrl, apiKey });
const bytes = crypto.getRandomValues(new Uint8Array(65536));
await writeFile(folder + '/a.mov', bytes);
const video = await roto.videos.upload(folder + '/a.mov', { store: folderUploadStore(folder) });
const stream = new Blob([bytes, bytes]).stream();
const streamed = await roto.videos.upload(stream, { name: 'b.mov' });
await roto.videos.download(video.id, folder + '/copy.mov');
const sum = (data) => createHash('sha256').update(data).digest('hex');
if (sum(await readFile(folder + '/copy.mov')) !== sum(bytes)) throw new Error('other bytes');
const titles = [];
for await (const { title } of roto.videos.list({ limit: 1 })) titles.push(title);
if (!titles.includes('a.mov') || !titles.includes('b.mov')) throw new Error(titles.join());
const failure = await roto.tasks.get('tsk_0123456789abcdefghjk').catch((error) => error);
if (!(failure instanceof ApiError) || failure.code !== 'not_found') throw failure;
await roto.videos.delete(video.id);
await roto.videos.delete(streamed.id);
console.log('ok');
`;

const folder = await mkdtemp(join(tmpdir(), 'roto-runtimes-'));
const service = await startServeProcess({ ROTO_LOG_LEVEL: 'info' });
try {
  const guest = new Roto({ baseUrl: service.origin });
  const account = { email: 'soak@example.com', password: 'correct horse battery' };
  await guest.auth.register(account);
  await guest.auth.confirm(new URL(await service.link).pathname.split('/').at(-1) ?? '');
  const { accessToken } = await guest.auth.login(account);

  const cwd = fileURLToPath(new URL('..', import.meta.url));
  await run('npx', ['-y', 'pnpm@12.20.0', 'pack', '--pack-destination', folder], { cwd });
  const prefix = join(folder, 'prefix');
  await mkdir(prefix);
  await writeFile(join(prefix, 'package.json'), '{ "private": true, "type": "module" }');
  await writeFile(join(prefix, 'program.js'), program);
  const wanted = Object.entries(runtimes).map(([name, version]) => `${name}@${version}`);
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...wanted];
  await run('npm', [...install, join(folder, 'roto-sdk-0.1.0.tgz')], { cwd: prefix });

  const modules = join(prefix, 'node_modules');
  const deno = join(modules, '@deno', `${process.platform}-${process.arch}-glibc`, 'deno');
  const programs: Record<string, readonly string[]> = {
    node: [process.execPath],
    bun: [join(modules, '@oven', `bun-${process.platform}-${process.arch}`, 'bin', 'bun')],
    deno: [deno, 'run', '--allow-all', '--node-modules-dir=manual'],
  };
  for (const [name, [command = '', ...args]] of Object.entries(programs)) {
    const work = join(folder, name);
    await mkdir(work);
    const asked = [...args, 'program.js', service.origin, accessToken, work];
    const said = await run(command, asked, { cwd: prefix }).catch((error) => error);
    const { stdout } = await run(command, ['--version']);
    console.log(`${name} ${stdout.split('\n')[0]}: ${said.stdout.trim() || said.stderr}`);
    if (said.stdout.trim() !== 'ok') process.exitCode = 1;
  }
} finally {
  await service.stop();
  await rm(folder, { recursive: true, force: true });
}
