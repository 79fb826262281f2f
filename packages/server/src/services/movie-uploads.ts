import { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { RotoError, Sha256, VideoTitle } from '@roto/sdk/contract';
import type { UploadRow } from '../db/queries/uploads.ts';
import type { UserRow } from '../db/queries/users.ts';
import { uploadRoom } from './storage-space.ts';
import { abandonUpload, beginMovie, completeMovie, getUpload, type UploadDeps } from './uploads.ts';

/** A form as it streams in. */
export interface IncomingForm {
  readonly contentType: string;
  /** Of the whole form, where it was announced. */
  readonly contentLength: number | undefined;
  readonly body: ReadableStream<Uint8Array> | null;
  readonly signal: AbortSignal;
}

/** What a form says before its file. */
interface Fields {
  readonly title?: string | undefined;
  readonly sha256?: string | undefined;
}

/**
 * Takes a movie as the field `file` of a form, piece by piece, never held in memory as a whole. The
 * fields `title` and `sha256` stand before it.
 * @throws RotoError `media_type_unsupported`, `invalid_argument`, `payload_too_large`,
 *   `quota_exceeded`, `transfer_corrupt`
 */
export async function uploadMovie(
  deps: UploadDeps,
  user: UserRow,
  form: IncomingForm,
): Promise<UploadRow> {
  if (form.body === null || !/^multipart\/form-data\s*;.*boundary=/i.test(form.contentType)) {
    throw new RotoError('media_type_unsupported', 'Expected a multipart/form-data body.', {
      param: 'Content-Type',
    });
  }
  // A form is longer than its file by its fields and boundaries: those must not refuse it.
  const announced = Math.max(1, (form.contentLength ?? 1) - overheadBytes);
  (await uploadRoom(deps, user)).require(announced);
  const sizeBytes = form.contentLength === undefined ? undefined : announced;
  const source = Readable.from(form.body, { objectMode: false });
  const upload = await readForm(source, form, (file, filename, fields) =>
    takeFile(deps, { user, file, filename, fields, sizeBytes, signal: form.signal }),
  );
  return getUpload(deps, user.id, upload.id);
}

/** Bytes that fields and boundaries may take. */
const overheadBytes = 64 * 1024;

interface IncomingFile {
  readonly user: UserRow;
  readonly file: Readable;
  readonly filename: string;
  readonly fields: Fields;
  readonly sizeBytes: number | undefined;
  readonly signal: AbortSignal;
}

async function takeFile(deps: UploadDeps, incoming: IncomingFile): Promise<UploadRow> {
  const { user, file, filename, fields, sizeBytes, signal } = incoming;
  const upload = await beginMovie(deps, {
    user,
    protocol: 'multipart',
    filename,
    title: fields.title,
    sizeBytes,
    sha256: fields.sha256,
  });
  const room = await uploadRoom(deps, user, upload.id);
  try {
    const options = { maxBytes: room.maxBytes, sha256: fields.sha256, signal };
    const put = await deps.storage.put(upload.s3_key, file, options);
    if (put.size === 0) {
      throw new RotoError('invalid_argument', 'Expected a file, and it is empty.', {
        param: 'file',
      });
    }
    await completeMovie(deps, upload, put);
    return upload;
  } catch (error) {
    await deps.storage.delete([upload.s3_key]);
    await abandonUpload(deps, upload, 'aborted');
    if (error instanceof RotoError && error.code === 'payload_too_large') {
      room.require(room.maxBytes + 1);
    }
    throw error;
  }
}

type TakeFile = (file: Readable, filename: string, fields: Fields) => Promise<UploadRow>;

/** Reads the form to its end, or to the first failure, and leaves nothing of it flowing. */
async function readForm(
  source: Readable,
  { contentType }: IncomingForm,
  take: TakeFile,
): Promise<UploadRow> {
  const parser = new Busboy({
    headers: { 'content-type': contentType },
    limits: { files: 1, fields: 10, fieldSize: 1024, fieldNameSize: 100, parts: 12 },
  });
  const said: Record<string, string> = {};
  let file: Readable | undefined;
  let taken: Promise<UploadRow> | undefined;
  const failed = Promise.withResolvers<never>();
  parser.on('field', (name, value) => {
    said[name] = value;
  });
  parser.on('file', (name, stream, filename) => {
    file = stream;
    if (name !== 'file') {
      stream.resume();
      failed.reject(refusal(`Expected the movie in the field file, but it came as ${name}.`));
      return;
    }
    const taking = started(() => take(stream, filename, fieldsOf(said)));
    taking.catch(failed.reject);
    taken = taking;
  });
  const ended = new Promise<void>((resolve, reject) => {
    parser.once('finish', resolve);
    parser.once('error', reject);
    source.once('error', reject);
    source.once('close', () => {
      if (!source.readableEnded) reject(refusal('The form broke off before its end.'));
    });
  });
  source.pipe(parser);
  try {
    await Promise.race([ended.catch(endFile(() => file)), failed.promise]);
    if (taken === undefined) throw refusal('Expected a movie in the field file of the form.');
    return await taken;
  } finally {
    source.unpipe(parser);
    source.destroy();
    parser.destroy();
    // Whoever reads the file hears that no more comes.
    file?.destroy();
    await taken?.catch(() => undefined);
  }
}

/** What is thrown at once is a failure of the promise, like what is thrown later. */
async function started<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

/** The file ends with the failure of the form: what was taken of it must not count as whole. */
function endFile(file: () => Readable | undefined) {
  return (error: unknown): never => {
    const failure = error instanceof RotoError ? error : refusal('The form is not whole.', error);
    file()?.destroy(failure);
    throw failure;
  };
}

/** @throws RotoError `invalid_argument` */
function fieldsOf(said: Readonly<Record<string, string>>): Fields {
  const title = VideoTitle.optional().safeParse(said['title'] || undefined);
  if (!title.success) throw refusal(`${title.error.issues[0]?.message}.`, undefined, 'title');
  const sha256 = Sha256.optional().safeParse(said['sha256'] || undefined);
  if (!sha256.success) throw refusal(`${sha256.error.issues[0]?.message}.`, undefined, 'sha256');
  return { title: title.data, sha256: sha256.data };
}

function refusal(message: string, cause?: unknown, param = 'file'): RotoError {
  return new RotoError('invalid_argument', message, { param, cause });
}
