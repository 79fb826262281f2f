import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './find-program.ts';

const run = promisify(execFile);
const site = new URL('../../deploy/nginx/roto.conf', import.meta.url);

/** The system's nginx; undefined where it has none. */
export const nginxPath = findProgram('nginx', ['/usr/sbin']);
/** What makes its certificate. */
export const opensslPath = findProgram('openssl');

/** nginx in front of a service. */
export interface Nginx {
  /** Where it is the service. */
  readonly origin: string;
  /** What signs its certificate: itself. */
  readonly ca: string;
  /** What it keeps of requests and replies in files. */
  bytesOnDisk(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts the system's nginx with the site of `deploy/`, in a folder of its own. Only what is of the
 * place is another: ports, certificate, and where logs go.
 * @param servicePort of the service on 127.0.0.1
 */
export async function startNginx(servicePort: number): Promise<Nginx> {
  if (nginxPath === undefined) throw new Error('Install nginx: there is none to test with.');
  const folder = await mkdtemp(join(tmpdir(), 'roto-nginx-'));
  const [port, plainPort] = [await freePort(), await freePort()];
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', key, '-out', certificate],
  ]);
  const text = await readFile(site, 'utf8');
  const own = replaceEach(text, [
    [/listen \[::\][^;]*;/g, ''],
    [/listen 80;/g, `listen 127.0.0.1:${plainPort};`],
    [/listen 443 /g, `listen 127.0.0.1:${port} `],
    [/server 127\.0\.0\.1:8000;/g, `server 127.0.0.1:${servicePort};`],
    [/roto\.example\.com;/g, 'localhost;'],
    [/\/etc\/letsencrypt\/live\/[^/]+\/fullchain\.pem/g, certificate],
    [/\/etc\/letsencrypt\/live\/[^/]+\/privkey\.pem/g, key],
    [/\/var\/log\/nginx\//g, `${folder}/`],
  ]);
  await mkdir(join(folder, 'temp'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/temp/${name};`,
  );
  const main = [
    ...['daemon off;', 'worker_processes 1;', `pid ${folder}/nginx.pid;`],
    // As root its workers would be somebody else, who may not enter the folder.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    ...['events { worker_connections 1024; }', 'http {', ...temporary, own, '}'],
  ];
  const config = join(folder, 'nginx.conf');
  await writeFile(config, main.join('\n'));
  const child = spawn(nginxPath, ['-c', config, '-e', join(folder, 'start.log')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const gone = once(child, 'exit');
  await untilListening(port, () => child.exitCode !== null).catch(() => {
    throw new Error(`nginx did not start: ${said}`);
  });
  return {
    origin: `https://127.0.0.1:${port}`,
    ca: await readFile(certificate, 'utf8'),
    bytesOnDisk: () => bytesBelow(join(folder, 'temp')),
    async stop() {
      child.kill('SIGTERM');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Replaces all of each; what is not there is a mistake in here. */
function replaceEach(text: string, changes: readonly (readonly [RegExp, string])[]): string {
  return changes.reduce((before, [pattern, by]) => {
    const after = before.replaceAll(pattern, by);
    if (after === before) throw new Error(`The site has no ${pattern.source} any more.`);
    return after;
  }, text);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // biome-ignore lint/plugin: a server that listens on a port has such an address
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port: number, hasEnded: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !hasEnded(); attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('It does not listen.');
}
