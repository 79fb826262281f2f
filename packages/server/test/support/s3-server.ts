import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { S3Config } from '../../src/config.ts';

/** The part of s3rver that is used; it comes without types. */
interface S3rver {
  configureBuckets(): Promise<unknown>;
  callback(): RequestListener;
}
// biome-ignore lint/plugin: the class that s3rver 3.7.1 exports
const S3rverClass = createRequire(import.meta.url)('s3rver') as new (options: object) => S3rver;

/** A server that speaks S3, with one empty bucket, in a folder of its own; stopped after the test. */
export async function startS3(bucket = 'roto-files'): Promise<S3Config> {
  const directory = await mkdtemp(join(tmpdir(), 'roto-s3-'));
  const s3rver = new S3rverClass({ silent: true, directory, configureBuckets: [{ name: bucket }] });
  await s3rver.configureBuckets();
  const answer = s3rver.callback();
  const uploads = join(directory, bucket, '._S3rver_uploads');
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://s3');
    const uploadId = searchParams.get('uploadId');
    const { method } = request;
    if (uploadId === null || (method !== 'GET' && method !== 'DELETE')) {
      return answer(request, response);
    }
    void answerAboutParts(response, method, join(uploads, uploadId));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true, force: true });
  });
  // biome-ignore lint/plugin: a server that listens on a port has such an address
  const { port } = server.address() as AddressInfo;
  return {
    bucket,
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  };
}

/**
 * ListParts and AbortMultipartUpload of the S3 API, which s3rver has not, over the folder it keeps
 * the parts in.
 */
async function answerAboutParts(
  response: ServerResponse,
  method: 'GET' | 'DELETE',
  folder: string,
): Promise<void> {
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) {
    response.writeHead(404, { 'Content-Type': 'application/xml' });
    response.end('<Error><Code>NoSuchUpload</Code><Message>No such upload.</Message></Error>');
    return;
  }
  if (method === 'DELETE') {
    await rm(folder, { recursive: true });
    response.writeHead(204).end();
    return;
  }
  const numbers = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const parts = numbers
    .sort((a, b) => a - b)
    .map(async (number) => {
      const { size } = await stat(join(folder, String(number)));
      const md5 = await readFile(join(folder, `${number}.md5`), 'utf8');
      return `<Part><PartNumber>${number}</PartNumber><ETag>"${md5}"</ETag><Size>${size}</Size></Part>`;
    });
  const list = (await Promise.all(parts)).join('');
  response.writeHead(200, { 'Content-Type': 'application/xml' });
  response.end(`<ListPartsResult><IsTruncated>false</IsTruncated>${list}</ListPartsResult>`);
}

/** The same as variables of the environment. */
export function s3Env({ bucket, region, endpoint = '', credentials }: S3Config) {
  return {
    AWS_S3_BUCKET: bucket,
    AWS_REGION: region,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: credentials?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey,
  };
}
