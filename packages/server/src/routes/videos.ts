import { createRoute, z } from '@hono/zod-openapi';
import {
  idOf,
  pageOf,
  UpdateVideoParams,
  Video,
  VideosQuery,
  VideoTitle,
  VideoUrls,
} from '@roto/sdk/contract';
import type { UploadRow } from '../db/queries/uploads.ts';
import type { Trx } from '../db/types.ts';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { answerWithin, idempotency } from '../middleware/idempotency.ts';
import { rateLimit } from '../middleware/rate-limit.ts';
import { uploadMovie } from '../services/movie-uploads.ts';
import {
  askForForwardReverse,
  changeVideo,
  deleteVideo,
  getVideo,
  listVideoPage,
  refreshUrls,
} from '../services/videos.ts';
import { newRouter } from './new-router.ts';
import { rawRoute } from './raw-route.ts';
import { failures, jsonBody, jsonReply } from './replies.ts';

const tags = ['Videos'];
const byId = { params: z.object({ id: idOf('video') }) };
const read = access('videos:read');
const write = access('videos:write');
const store = access('videos:write', { confirmed: true });

/** `/api/videos`: clips. */
export function videoRoutes(deps: AppDeps) {
  const router = newRouter();
  uploadRoute(router, deps);

  router.openapi(
    createRoute({
      ...read,
      method: 'get',
      path: '/api/videos',
      operationId: 'listVideos',
      summary: "One's own videos, newest first",
      tags,
      request: { query: VideosQuery },
      responses: { 200: jsonReply(pageOf(Video), 'A page of them.'), ...failures },
    }),
    async (c) =>
      c.json(await listVideoPage(deps, identityOf(c).user.id, c.req.valid('query')), 200),
  );

  router.openapi(
    createRoute({
      ...read,
      method: 'get',
      path: '/api/videos/{id}',
      operationId: 'getVideo',
      summary: 'A video',
      tags,
      request: byId,
      responses: { 200: jsonReply(Video, 'The video.'), ...failures },
    }),
    async (c) => c.json(await getVideo(deps, identityOf(c).user.id, c.req.valid('param').id), 200),
  );

  router.openapi(
    createRoute({
      ...write,
      method: 'patch',
      path: '/api/videos/{id}',
      operationId: 'updateVideo',
      summary: 'Change what a video is called, or its clicks',
      tags,
      request: { ...byId, body: jsonBody(UpdateVideoParams) },
      responses: { 200: jsonReply(Video, 'The video, changed.'), ...failures },
    }),
    async (c) => {
      const changes = c.req.valid('json');
      const change = { userId: identityOf(c).user.id, id: c.req.valid('param').id, changes };
      return c.json(await changeVideo(deps, change), 200);
    },
  );

  router.openapi(
    createRoute({
      ...write,
      method: 'delete',
      path: '/api/videos/{id}',
      operationId: 'deleteVideo',
      summary: 'Delete a video with its files, and cancel its tasks',
      tags,
      request: byId,
      responses: { 204: { description: 'It is gone.' }, ...failures },
    }),
    async (c) => {
      await deleteVideo(deps, identityOf(c).user.id, c.req.valid('param').id);
      return c.body(null, 204);
    },
  );

  renditionRoutes(router, deps);
  return router;
}

/** Files of a video. */
function renditionRoutes(router: ReturnType<typeof newRouter>, deps: AppDeps): void {
  router.openapi(
    createRoute({
      ...read,
      method: 'get',
      path: '/api/videos/{id}/refresh-url',
      operationId: 'refreshVideoUrls',
      summary: "New addresses of a video's files",
      tags,
      request: byId,
      responses: { 200: jsonReply(VideoUrls, 'Addresses, good for an hour.'), ...failures },
    }),
    async (c) =>
      c.json(await refreshUrls(deps, identityOf(c).user.id, c.req.valid('param').id), 200),
  );

  router.openapi(
    createRoute({
      ...store,
      middleware: [...store.middleware, idempotency(deps)],
      method: 'post',
      path: '/api/videos/{id}/forward-reverse',
      operationId: 'makeForwardReverse',
      summary: 'Make the rendition that plays forwards and then backwards',
      description: 'It is there once `forward_reverse_url` of the video is not null.',
      tags,
      request: byId,
      responses: { 202: jsonReply(Video, 'It is made.'), ...failures },
    }),
    async (c) => {
      const userId = identityOf(c).user.id;
      const { id } = c.req.valid('param');
      await askForForwardReverse(deps, userId, id);
      return c.json(await getVideo(deps, userId, id), 202);
    },
  );
}

function uploadRoute(router: ReturnType<typeof newRouter>, deps: AppDeps): void {
  const form = z.object({
    title: VideoTitle.optional(),
    sha256: z.string().optional().meta({ description: 'Hex SHA-256 of the file.' }),
    file: z.string().meta({ format: 'binary', description: 'The movie; the last field.' }),
  });
  rawRoute(
    router,
    createRoute({
      ...store,
      middleware: [
        ...store.middleware,
        rateLimit({ name: 'upload', requests: 60, seconds: 60, by: 'caller' }),
        idempotency({ ...deps, streamed: true }),
      ],
      method: 'post',
      path: '/api/videos/upload',
      operationId: 'uploadVideo',
      summary: 'Upload a movie in one request',
      tags,
      request: { body: { required: true, content: { 'multipart/form-data': { schema: form } } } },
      responses: { 201: jsonReply(Video, 'The video, which is looked at next.'), ...failures },
    }),
    async (c) => {
      const { user } = identityOf(c);
      const length = c.req.header('Content-Length');
      const keep = answerWithin(c, 201);
      const answered = async (trx: Trx, { video_id }: UploadRow) =>
        keep(trx, await getVideo({ ...deps, db: trx }, user.id, video_id));
      const upload = await uploadMovie({ ...deps, answered }, user, {
        contentType: c.req.header('Content-Type') ?? '',
        contentLength: length === undefined ? undefined : Number(length),
        body: c.req.raw.body,
        signal: c.req.raw.signal,
      });
      return c.json(await getVideo(deps, user.id, upload.video_id), 201);
    },
  );
}
