import { RotoError, Sha256 } from '@roto/sdk/contract';
import { Metadata, Server } from '@tus/server';
import { secondsAfter } from '../clock.ts';
import {
  findUpload,
  findUploadByKey,
  type UploadRow,
  updateUpload,
} from '../db/queries/uploads.ts';
import type { UserRow } from '../db/queries/users.ts';
import { uploadRoom } from './storage-space.ts';
import {
  abandonUpload,
  beginMovie,
  completeMovie,
  getUpload,
  type UploadDeps,
  uploadSeconds,
} from './uploads.ts';

const version = '1.0.0';
const path = '/api/uploads';
const headers = { 'Tus-Resumable': version };
const keptSeconds = 24 * 60 * 60;

/** A request of a client, and whose it is. */
export interface TusCall {
  readonly request: Request;
  readonly user: UserRow;
}

/** Resumable uploads by tus 1.0.0: the protocol is the library's, what counts is ours. */
export interface TusUploads {
  /** Begins an upload. */
  create(call: TusCall): Promise<Response>;
  /** Takes a piece (PATCH), says how much is there (HEAD), or ends one (DELETE). */
  resume(call: TusCall, id: string): Promise<Response>;
  /** Ends an upload of which everything is there, where the end itself was lost. */
  settle(upload: UploadRow): Promise<boolean>;
}

/** What a request to the library is about: it asks for these while it works on it. */
interface Context {
  readonly upload: UploadRow;
  readonly maxBytes: number;
}

/** Hands requests to the library, on the upload that they are about. */
function createPass({ storage }: Pick<UploadDeps, 'storage'>) {
  const contexts = new WeakMap<object, Context>();
  // The library types requests by its own wrapper of them, which has nothing that is used here.
  const contextOf = (request: object): Context => {
    const context = contexts.get(request);
    if (context === undefined) throw new Error('A tus request without an upload.');
    return context;
  };
  let server: Server | undefined;
  const open = () =>
    new Server({
      path,
      datastore: storage.tus.store,
      allowedOrigins: () => false,
      maxSize: (request) => contextOf(request).maxBytes,
      namingFunction: (request) => contextOf(request).upload.s3_key,
      getFileIdFromRequest: (request) => contextOf(request).upload.s3_key,
      generateUrl: (request) => `${path}/${contextOf(request).upload.id}`,
    });
  return async function pass(request: Request, context: Context): Promise<Response> {
    contexts.set(request, context);
    server ??= open();
    const response = await server.handleWeb(request);
    if (response.status >= 400) throw await failureOf(response);
    return response;
  };
}

export function createTusUploads(deps: UploadDeps): TusUploads {
  const { db, clock, storage } = deps;
  const pass = createPass(deps);

  async function finish(upload: UploadRow, size: number): Promise<void> {
    await storage.tus.finish(upload.s3_key);
    await completeMovie(deps, upload, { size, sha256: null });
  }

  async function settle(upload: UploadRow): Promise<boolean> {
    const known = await storage.tus.store.getUpload(upload.s3_key).catch(() => undefined);
    const isWhole = known?.size !== undefined && known.offset === known.size;
    const size = isWhole ? known.size : (await storage.head(upload.s3_key))?.size;
    if (size === undefined) return false;
    await finish(upload, size);
    return true;
  }

  async function create({ request, user }: TusCall): Promise<Response> {
    const idempotencyKey = request.headers.get('Idempotency-Key') ?? undefined;
    if (idempotencyKey !== undefined) {
      const since = secondsAfter(clock(), -keptSeconds);
      const earlier = await findUploadByKey(db, { userId: user.id, key: idempotencyKey, since });
      if (earlier !== undefined) return begun(earlier);
    }
    const sizeBytes = announcedLength(request);
    const { filename, title, sha256 } = announcedMetadata(request);
    const upload = await beginMovie(deps, {
      user,
      protocol: 'tus',
      filename,
      title,
      sizeBytes,
      sha256,
      idempotencyKey,
    });
    try {
      const { maxBytes } = await uploadRoom(deps, user, upload.id);
      const response = await pass(request, { upload, maxBytes });
      const offset = response.headers.get('Upload-Offset');
      if (offset !== null) await noteProgress(upload, Number(offset), sizeBytes);
      return begun(upload, response);
    } catch (error) {
      await abandonUpload(deps, upload, 'aborted');
      throw error;
    }
  }

  /** An upload of which everything is there is at its end; the library knows no more of it then. */
  async function noteProgress(
    upload: UploadRow,
    offset: number,
    size: number | undefined,
  ): Promise<void> {
    const now = clock();
    await updateUpload(db, upload.id, {
      received_bytes: offset,
      ...(size === undefined ? {} : { size_bytes: size }),
      updated_at: now,
      expires_at: secondsAfter(now, uploadSeconds),
    });
    if (offset === size) await finish(upload, size);
  }

  async function resume({ request, user }: TusCall, id: string): Promise<Response> {
    const upload = await getUpload({ db }, user.id, id);
    if (upload.protocol === 'tus' && upload.status === 'completed') {
      if (request.method === 'HEAD') return completed(upload);
    }
    requireResumable(upload, clock());
    if (request.method === 'DELETE') {
      await abandonUpload(deps, upload, 'aborted');
      return new Response(null, { status: 204, headers });
    }
    const { maxBytes } = await uploadRoom(deps, user, upload.id);
    const response = await pass(request, { upload, maxBytes: Math.max(1, maxBytes) });
    const said = response.headers.get('Upload-Length') ?? request.headers.get('Upload-Length');
    const size = upload.size_bytes ?? (said === null ? undefined : Number(said));
    await noteProgress(upload, Number(response.headers.get('Upload-Offset')), size);
    return withOurs(response, (await findUpload(db, id)) ?? upload);
  }

  return { create, resume, settle };
}

/** @throws RotoError `not_found`: clients of tus begin anew then */
function requireResumable({ protocol, status, expires_at }: UploadRow, now: Date): void {
  if (protocol === 'tus' && status === 'open' && expires_at > now) return;
  throw new RotoError('not_found', 'This upload is over: begin another one.');
}

/** @throws RotoError `invalid_argument` */
function announcedLength({ headers: given }: Request): number | undefined {
  const length = given.get('Upload-Length');
  if (length === null && given.get('Upload-Defer-Length') === '1') return undefined;
  if (length !== null && /^[1-9]\d{0,14}$/.test(length)) return Number(length);
  throw new RotoError('invalid_argument', 'Expected the length of the file, in bytes above 0.', {
    param: 'Upload-Length',
    hint: 'Or say Upload-Defer-Length: 1 where it is not known yet.',
  });
}

/** @throws RotoError `invalid_argument` */
function announcedMetadata({ headers: given }: Request) {
  const said = readMetadata(given.get('Upload-Metadata') ?? undefined);
  const sha256 = Sha256.optional().safeParse(said['sha256'] ?? undefined);
  if (!sha256.success) {
    throw new RotoError('invalid_argument', 'Expected sha256 as 64 small hexadecimal digits.', {
      param: 'Upload-Metadata',
    });
  }
  const title = said['title']?.trim().slice(0, 255);
  return {
    filename: said['filename'] ?? '',
    title: title === undefined || title === '' ? undefined : title.replace(/\p{Cc}/gu, ' '),
    sha256: sha256.data,
  };
}

function readMetadata(text: string | undefined): Record<string, string | null> {
  try {
    return text === undefined ? {} : Metadata.parse(text);
  } catch (cause) {
    throw new RotoError('invalid_argument', 'Expected names with base64 values, as tus has them.', {
      param: 'Upload-Metadata',
      cause,
    });
  }
}

function begun(upload: UploadRow, response?: Response): Response {
  const created = new Response(null, { status: 201, headers: response?.headers ?? headers });
  created.headers.set('Location', `${path}/${upload.id}`);
  created.headers.delete('Content-Length');
  return withOurs(created, upload);
}

function completed({ size_bytes, video_id }: UploadRow): Response {
  const size = String(size_bytes ?? 0);
  return new Response(null, {
    status: 200,
    headers: {
      ...headers,
      'Upload-Offset': size,
      'Upload-Length': size,
      'Cache-Control': 'no-store',
      'Roto-Video-Id': video_id,
    },
  });
}

function withOurs(response: Response, upload: UploadRow): Response {
  response.headers.set('Roto-Video-Id', upload.video_id);
  response.headers.set('Upload-Expires', upload.expires_at.toUTCString());
  return response;
}

/** Statuses of the protocol as codes of ours; clients of tus read the statuses. */
async function failureOf(response: Response): Promise<RotoError> {
  const said = (await response.text()).trim() || 'The upload was refused';
  const message = `${said.replace(/\.$/, '')}.`;
  switch (response.status) {
    case 404:
    case 410:
      return new RotoError('not_found', message);
    case 409:
      return new RotoError('conflict', message, { hint: 'Ask by HEAD how much is there.' });
    case 413:
      return new RotoError('payload_too_large', message);
    case 403:
    case 415:
      return new RotoError('media_type_unsupported', message, {
        hint: 'Send pieces as application/offset+octet-stream.',
      });
    default:
      if (response.status < 500) return new RotoError('invalid_argument', message);
      return new RotoError('upload_failed', 'The piece was not kept: send it again.', {
        cause: new Error(said),
      });
  }
}
