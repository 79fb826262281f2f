import { Readable } from 'node:stream';
import { createRoute, z } from '@hono/zod-openapi';
import {
  ArrivedParts,
  CompleteSequenceParams,
  FrameNumber,
  idOf,
  PartUploadBegun,
  PartUploadParams,
  PartUrls,
  PartUrlsParams,
  RotoError,
  SequenceFrame,
  SequenceFrames,
  SequenceFramesQuery,
  SequenceUploadParams,
  Sha256,
  UploadState,
} from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { idempotency } from '../middleware/idempotency.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import {
  abortParts,
  arrivedParts,
  beginParts,
  completeParts,
  partUrls,
} from '../services/part-uploads.ts';
import {
  beginSequence,
  completeSequence,
  listFrames,
  putFrame,
  removeFrame,
} from '../services/sequence-uploads.ts';
import { createTusUploads } from '../services/tus-uploads.ts';
import { abandonUpload, getUpload, requireOpen, toUploadState } from '../services/uploads.ts';
import { newRouter } from './new-router.ts';
import { rawRoute } from './raw-route.ts';
import { failures, jsonBody, jsonReply } from './replies.ts';

type Router = ReturnType<typeof newRouter>;

const tags = ['Uploads'];
const byId = { params: z.object({ id: idOf('upload') }) };
const byFrame = {
  params: z.object({ id: idOf('upload'), frame: z.coerce.number().pipe(FrameNumber) }),
};
const read = access('videos:read');
const write = access('videos:write');
const store = access('videos:write', { confirmed: true });

/** `/api/uploads`: clips that come in pieces. */
export function uploadRoutes(deps: AppDeps) {
  const router = newRouter();
  const limit = rateLimit({ name: 'upload', requests: 60, seconds: 60, by: 'caller' });
  // Beginning one is what costs; pieces of it are not counted here.
  router.post('/api/uploads', limit);
  router.post('/api/uploads/s3', limit);
  router.post('/api/uploads/sequences', limit);
  tusRoutes(router, deps);
  partRoutes(router, deps);
  sequenceRoutes(router, deps);
  frameRoutes(router, deps);
  return router;
}

const piece = {
  body: {
    content: {
      'application/offset+octet-stream': { schema: z.string().meta({ format: 'binary' }) },
    },
  },
};

/** tus 1.0.0; see https://tus.io/protocols/resumable-upload. */
function tusRoutes(router: Router, deps: AppDeps): void {
  const tus = createTusUploads(deps);
  router.options('/api/uploads', (c) =>
    c.body(null, 204, {
      'Tus-Resumable': '1.0.0',
      'Tus-Version': '1.0.0',
      'Tus-Extension': 'creation,creation-with-upload,creation-defer-length,termination,expiration',
    }),
  );
  rawRoute(
    router,
    createRoute({
      ...store,
      method: 'post',
      path: '/api/uploads',
      operationId: 'beginTusUpload',
      summary: 'Begin a resumable upload by tus 1.0.0',
      description:
        'Upload-Metadata may say filename, title and sha256. Location is where pieces go, Roto-Video-Id the video it becomes.',
      tags,
      responses: { 201: { description: 'It has begun.' }, ...failures },
    }),
    (c) => tus.create({ request: c.req.raw, user: identityOf(c).user }),
  );
  rawRoute(
    router,
    createRoute({
      ...store,
      method: 'patch',
      path: '/api/uploads/{id}',
      operationId: 'continueTusUpload',
      summary: 'Send the next piece of a tus upload',
      tags,
      request: { ...byId, ...piece },
      responses: { 204: { description: 'It has arrived.' }, ...failures },
    }),
    (c) =>
      tus.resume({ request: c.req.raw, user: identityOf(c).user }, uploadId(c.req.param('id'))),
  );
  rawRoute(
    router,
    createRoute({
      ...write,
      method: 'delete',
      path: '/api/uploads/{id}',
      operationId: 'abortUpload',
      summary: 'Give an upload up',
      tags,
      request: byId,
      responses: { 204: { description: 'What had arrived is gone.' }, ...failures },
    }),
    async (c) => {
      const { user } = identityOf(c);
      const upload = await getUpload(deps, user.id, uploadId(c.req.param('id')));
      requireOpen(upload, upload.protocol, deps.clock());
      await abandonUpload(deps, upload, 'aborted');
      return c.body(null, 204, { 'Tus-Resumable': '1.0.0' });
    },
  );
  rawRoute(
    router,
    createRoute({
      ...read,
      method: 'get',
      path: '/api/uploads/{id}',
      operationId: 'getUpload',
      summary: 'An upload; by HEAD, how much of it has arrived, as tus has it',
      tags,
      request: byId,
      responses: { 200: jsonReply(UploadState, 'The upload.'), ...failures },
    }),
    async (c) => {
      const { user } = identityOf(c);
      const id = uploadId(c.req.param('id'));
      if (c.req.method === 'HEAD') return tus.resume({ request: c.req.raw, user }, id);
      return c.json(toUploadState(await getUpload(deps, user.id, id)), 200);
    },
  );
}

/** @throws RotoError `not_found` */
function uploadId(text: string | undefined): string {
  const id = idOf('upload').safeParse(text);
  if (id.success) return id.data;
  throw new RotoError('not_found', 'There is no such upload.', { param: 'id' });
}

function partRoutes(router: Router, deps: AppDeps): void {
  const creating = { ...store, middleware: [...store.middleware, idempotency(deps)] };
  router.openapi(
    createRoute({
      ...creating,
      method: 'post',
      path: '/api/uploads/s3',
      operationId: 'beginPartUpload',
      summary: 'Begin an upload whose parts go to the store itself',
      tags,
      request: { body: jsonBody(PartUploadParams) },
      responses: { 201: jsonReply(PartUploadBegun, 'It has begun.'), ...failures },
    }),
    async (c) => c.json(await beginParts(deps, identityOf(c).user, c.req.valid('json')), 201),
  );
  router.openapi(
    createRoute({
      ...store,
      method: 'post',
      path: '/api/uploads/s3/{id}/part-urls',
      operationId: 'getPartUrls',
      summary: 'Where to PUT parts',
      tags,
      request: { ...byId, body: jsonBody(PartUrlsParams) },
      responses: { 200: jsonReply(PartUrls, 'Addresses, good for an hour.'), ...failures },
    }),
    async (c) => {
      const owned = { userId: identityOf(c).user.id, id: c.req.valid('param').id };
      return c.json(await partUrls(deps, owned, c.req.valid('json').part_numbers), 200);
    },
  );
  router.openapi(
    createRoute({
      ...read,
      method: 'get',
      path: '/api/uploads/s3/{id}/parts',
      operationId: 'listParts',
      summary: 'Parts that have arrived',
      tags,
      request: byId,
      responses: { 200: jsonReply(ArrivedParts, 'Their numbers and sizes.'), ...failures },
    }),
    async (c) => {
      const owned = { userId: identityOf(c).user.id, id: c.req.valid('param').id };
      return c.json(await arrivedParts(deps, owned), 200);
    },
  );
  router.openapi(
    createRoute({
      ...creating,
      method: 'post',
      path: '/api/uploads/s3/{id}/complete',
      operationId: 'completePartUpload',
      summary: 'Make the video of the parts',
      tags,
      request: byId,
      responses: { 200: jsonReply(UploadState, 'The video is looked at next.'), ...failures },
    }),
    async (c) => {
      const owned = { userId: identityOf(c).user.id, id: c.req.valid('param').id };
      return c.json(toUploadState(await completeParts(deps, owned)), 200);
    },
  );
  router.openapi(
    createRoute({
      ...write,
      method: 'delete',
      path: '/api/uploads/s3/{id}',
      operationId: 'abortPartUpload',
      summary: 'Give an upload in parts up',
      tags,
      request: byId,
      responses: { 204: { description: 'What had arrived is gone.' }, ...failures },
    }),
    async (c) => {
      await abortParts(deps, { userId: identityOf(c).user.id, id: c.req.valid('param').id });
      return c.body(null, 204);
    },
  );
}

function sequenceRoutes(router: Router, deps: AppDeps): void {
  const creating = { ...store, middleware: [...store.middleware, idempotency(deps)] };
  router.openapi(
    createRoute({
      ...creating,
      method: 'post',
      path: '/api/uploads/sequences',
      operationId: 'beginSequenceUpload',
      summary: 'Begin to send the frames of a sequence, or changes to one',
      tags,
      request: { body: jsonBody(SequenceUploadParams) },
      responses: { 201: jsonReply(UploadState, 'It has begun.'), ...failures },
    }),
    async (c) => {
      const upload = await beginSequence(deps, identityOf(c).user, c.req.valid('json'));
      return c.json(toUploadState(upload), 201);
    },
  );
  router.openapi(
    createRoute({
      ...creating,
      method: 'post',
      path: '/api/uploads/sequences/{id}/complete',
      operationId: 'completeSequenceUpload',
      summary: 'All frames are there',
      tags,
      request: { ...byId, body: jsonBody(CompleteSequenceParams) },
      responses: { 200: jsonReply(UploadState, 'The sequence is looked at next.'), ...failures },
    }),
    async (c) => {
      const owned = { user: identityOf(c).user, id: c.req.valid('param').id };
      const upload = await completeSequence(deps, owned, c.req.valid('json').frames);
      return c.json(toUploadState(upload), 200);
    },
  );
}

function frameRoutes(router: Router, deps: AppDeps): void {
  router.openapi(
    createRoute({
      ...read,
      method: 'get',
      path: '/api/uploads/sequences/{id}/frames',
      operationId: 'listSequenceFrames',
      summary: 'Frames that are there, with their SHA-256: they need not be sent again',
      tags,
      request: { ...byId, query: SequenceFramesQuery },
      responses: { 200: jsonReply(SequenceFrames, 'A page of them, by number.'), ...failures },
    }),
    async (c) => {
      const owned = { user: identityOf(c).user, id: c.req.valid('param').id };
      return c.json(await listFrames(deps, owned, c.req.valid('query')), 200);
    },
  );
  router.openapi(
    createRoute({
      ...store,
      method: 'put',
      path: '/api/uploads/sequences/{id}/frames/{frame}',
      operationId: 'putSequenceFrame',
      summary: 'Send one frame, in any order',
      tags,
      request: {
        ...byFrame,
        headers: z.object({ 'x-content-sha256': Sha256 }),
        body: {
          required: true,
          content: {
            'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) },
          },
        },
      },
      responses: { 200: jsonReply(SequenceFrame, 'It is there.'), ...failures },
    }),
    async (c) => {
      const { id, frame } = c.req.valid('param');
      const length = c.req.header('Content-Length');
      const { body, signal } = c.req.raw;
      const stored = await putFrame(
        deps,
        { user: identityOf(c).user, id },
        {
          frame,
          sha256: c.req.valid('header')['x-content-sha256'],
          sizeBytes: length === undefined ? undefined : Number(length),
          body: body ?? Readable.from([]),
          signal,
        },
      );
      return c.json(stored, 200);
    },
  );
  router.openapi(
    createRoute({
      ...write,
      method: 'delete',
      path: '/api/uploads/sequences/{id}/frames/{frame}',
      operationId: 'removeSequenceFrame',
      summary: 'Take a frame out of a sequence',
      tags,
      request: byFrame,
      responses: { 204: { description: 'It is not there any more.' }, ...failures },
    }),
    async (c) => {
      const { id, frame } = c.req.valid('param');
      await removeFrame(deps, { user: identityOf(c).user, id }, frame);
      return c.body(null, 204);
    },
  );
}
