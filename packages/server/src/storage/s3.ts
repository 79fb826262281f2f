import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  paginateListParts,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { RotoError } from '@roto/sdk/contract';
import { S3Store } from '@tus/s3-store';
import type { Clock } from '../clock.ts';
import type { S3Config } from '../config.ts';
import { checkedKey, contentDisposition, contentTypeOf } from './keys.ts';
import { metered } from './metered.ts';
import type { PartStorage, Storage, StoredInfo, StoredPart, TusHome } from './storage.ts';

/** What {@link createS3Storage} stands on. */
export interface S3StorageOptions {
  readonly config: S3Config;
  readonly clock: Clock;
  /** Bytes above which an object is copied in parts; what S3 takes at once unless said. */
  readonly largestCopy?: number;
}

const mib = 1024 * 1024;
const partBytes = 16 * mib;
const largestDelete = 1000;
/** Milliseconds that the store has to answer at the start. */
const checkMs = 15_000;
const s3LargestCopy = 5 * 1024 * mib;

/** What every function here works on. */
interface Bucket {
  readonly client: S3Client;
  readonly bucket: string;
  readonly clock: Clock;
}

/** Files in a bucket of S3, or of anything that speaks as it does. */
export function createS3Storage(options: S3StorageOptions): Storage {
  const { config, clock, largestCopy = s3LargestCopy } = options;
  const clientConfig = clientConfigOf(config);
  const { bucket } = config;
  const home: Bucket = { client: new S3Client(clientConfig), bucket, clock };
  return {
    kind: 's3',
    parts: partStorage(home),
    tus: tusHome(home, clientConfig),
    check: () => checkBucket(home),
    put: (key, body, putOptions = {}) => putObject(home, { key, body, putOptions }),
    async get(key, range) {
      const Range = range === undefined ? undefined : `bytes=${range.first}-${range.last}`;
      const command = new GetObjectCommand({ Bucket: bucket, Key: checkedKey(key), Range });
      const { Body } = await home.client.send(command).catch(throwNotFound);
      if (Body instanceof Readable) return Body;
      throw new Error('The store answered without a body.');
    },
    head: (key) => headObject(home, checkedKey(key)),
    async url(key, { expiresAt, filename, inline = false }) {
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: checkedKey(key),
        ResponseContentType: contentTypeOf(key),
        ResponseContentDisposition: contentDisposition(filename, inline),
      });
      return getSignedUrl(home.client, command, signing(clock, expiresAt));
    },
    async copy(from, to) {
      const info = await headObject(home, checkedKey(from));
      if (info === undefined) throw notFound();
      const copy = { home, from: info, to: checkedKey(to) };
      await (info.size > largestCopy ? copyInParts(copy, largestCopy) : copyAtOnce(copy));
    },
    delete: (keys) => deleteObjects(home, keys.map(checkedKey)),
    list: (prefix) => listObjects(home, prefix),
    localPath: () => undefined,
  };
}

function clientConfigOf({ region, endpoint, credentials }: S3Config): S3ClientConfig {
  return {
    region,
    // Other stores do not all know the checksums that S3 itself added last.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}

async function checkBucket({ client, bucket }: Bucket): Promise<void> {
  const Key = `check/${randomUUID()}`;
  try {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'roto' }), {
      abortSignal: AbortSignal.timeout(checkMs),
    });
    await deleteObjects({ client, bucket }, [Key]);
  } catch (cause) {
    const reason = reasonOf(cause);
    const message = `Files cannot be written to the bucket ${bucket} (${reason}).`;
    throw new RotoError('invalid_config', message, {
      param: 'AWS_S3_BUCKET',
      hint: 'Check that it exists, and that AWS_REGION, AWS_ENDPOINT_URL_S3 and the keys are its own.',
      cause,
    });
  }
}

/** What the store or the network calls it. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}

interface Put {
  readonly key: string;
  readonly body: AsyncIterable<Uint8Array>;
  readonly putOptions: NonNullable<Parameters<Storage['put']>[2]>;
}

async function putObject({ client, bucket }: Bucket, { key, body, putOptions }: Put) {
  const { bytes, result } = metered(body, putOptions);
  // The library reports a failed body as its own: what really went wrong is kept here.
  let failure: unknown;
  const watched = Readable.from(bytes, { objectMode: false }).on('error', (error) => {
    failure = error;
  });
  const upload = new Upload({
    client,
    params: {
      Bucket: bucket,
      Key: checkedKey(key),
      Body: watched,
      ContentType: contentTypeOf(key),
    },
    partSize: partBytes,
    queueSize: 2,
  });
  const { signal } = putOptions;
  const stop = () => watched.destroy(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    await upload.done();
  } catch (error) {
    throw failure ?? error;
  } finally {
    signal?.removeEventListener('abort', stop);
    watched.destroy();
  }
  return result();
}

async function headObject(
  { client, bucket }: Bucket,
  key: string,
): Promise<StoredInfo | undefined> {
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return infoOf({ ...head, Key: key, Size: head.ContentLength });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

interface ObjectFields {
  readonly Key?: string | undefined;
  readonly Size?: number | undefined;
  readonly LastModified?: Date | undefined;
  readonly ETag?: string | undefined;
}

function infoOf({ Key = '', Size = 0, LastModified, ETag = '""' }: ObjectFields): StoredInfo {
  return { key: Key, size: Size, modifiedAt: LastModified ?? new Date(0), etag: ETag };
}

async function* listObjects(
  { client, bucket }: Bucket,
  prefix: string,
): AsyncGenerator<StoredInfo, void, void> {
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix });
  for await (const { Contents = [] } of pages) {
    for (const entry of Contents) yield infoOf(entry);
  }
}

async function deleteObjects(
  { client, bucket }: Pick<Bucket, 'client' | 'bucket'>,
  keys: readonly string[],
): Promise<void> {
  for (let at = 0; at < keys.length; at += largestDelete) {
    const Objects = keys.slice(at, at + largestDelete).map((Key) => ({ Key }));
    const { Errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    const [first] = Errors.filter(({ Code }) => Code !== 'NoSuchKey');
    if (first !== undefined) throw new Error(`The store kept ${first.Key}: ${first.Message}`);
  }
}

interface Copy {
  readonly home: Bucket;
  readonly from: StoredInfo;
  readonly to: string;
}

async function copyAtOnce({ home: { client, bucket }, from, to }: Copy): Promise<void> {
  await client.send(
    new CopyObjectCommand({ Bucket: bucket, Key: to, CopySource: `${bucket}/${from.key}` }),
  );
}

async function copyInParts({ home, from, to }: Copy, step: number): Promise<void> {
  const { client, bucket } = home;
  const parts = partStorage(home);
  const upload = { key: to, uploadId: await parts.create(to) };
  try {
    const copied: StoredPart[] = [];
    for (let first = 0; first < from.size; first += step) {
      const last = Math.min(first + step, from.size) - 1;
      const partNumber = copied.length + 1;
      const { CopyPartResult } = await client.send(
        new UploadPartCopyCommand({
          Bucket: bucket,
          Key: to,
          UploadId: upload.uploadId,
          PartNumber: partNumber,
          CopySource: `${bucket}/${from.key}`,
          CopySourceRange: `bytes=${first}-${last}`,
        }),
      );
      copied.push({ partNumber, etag: CopyPartResult?.ETag ?? '', size: last - first + 1 });
    }
    await parts.complete(upload, copied);
  } catch (error) {
    await parts.abort(upload);
    throw error;
  }
}

function partStorage({ client, bucket, clock }: Bucket): PartStorage {
  const named = ({ key, uploadId }: { readonly key: string; readonly uploadId: string }) => ({
    Bucket: bucket,
    Key: checkedKey(key),
    UploadId: uploadId,
  });
  return {
    smallestPart: 5 * mib,
    async create(key) {
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({
          Bucket: bucket,
          Key: checkedKey(key),
          ContentType: contentTypeOf(key),
        }),
      );
      if (UploadId === undefined) throw new Error('The store began an upload without an id.');
      return UploadId;
    },
    partUrl: (upload, partNumber, expiresAt) =>
      getSignedUrl(
        client,
        new UploadPartCommand({ ...named(upload), PartNumber: partNumber }),
        signing(clock, expiresAt),
      ),
    async list(upload) {
      const found: StoredPart[] = [];
      for await (const { Parts = [] } of paginateListParts({ client }, named(upload))) {
        for (const { PartNumber = 0, ETag = '', Size = 0 } of Parts) {
          found.push({ partNumber: PartNumber, etag: ETag, size: Size });
        }
      }
      return found;
    },
    async complete(upload, parts) {
      const Parts = parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag }));
      await client.send(
        new CompleteMultipartUploadCommand({ ...named(upload), MultipartUpload: { Parts } }),
      );
    },
    async abort(upload) {
      try {
        await client.send(new AbortMultipartUploadCommand(named(upload)));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  };
}

function tusHome(home: Bucket, s3ClientConfig: S3ClientConfig): TusHome {
  const { client, bucket } = home;
  const store = new S3Store({
    partSize: partBytes,
    maxConcurrentPartUploads: 4,
    s3ClientConfig: { ...s3ClientConfig, bucket },
  });
  const infoKey = (key: string) => `${checkedKey(key)}.info`;
  return {
    store,
    // The store made one object of the parts, under the key, when the last one came.
    finish: (key) => deleteObjects({ client, bucket }, [infoKey(key)]),
    async discard(key) {
      const info = await headObject(home, infoKey(key));
      if (info === undefined) return;
      await store.remove(key);
    },
  };
}

function signing(clock: Clock, expiresAt: Date) {
  const signingDate = clock();
  const expiresIn = Math.max(1, Math.ceil((expiresAt.getTime() - signingDate.getTime()) / 1000));
  return { signingDate, expiresIn };
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof S3ServiceException &&
    ['NotFound', 'NoSuchKey', 'NoSuchUpload'].includes(error.name)
  );
}

function throwNotFound(error: unknown): never {
  throw isMissing(error) ? notFound() : error;
}

function notFound(): RotoError {
  return new RotoError('not_found', 'There is no such file.');
}
