import { createRoute, z } from '@hono/zod-openapi';
import {
  ExportParams,
  GenerateMasksParams,
  GreenscreenParams,
  idOf,
  MaskPreview,
  PreviewMaskParams,
  RotoError,
  Task,
} from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { access, identityOf } from '../middleware/access.ts';
import { answerWithin, idempotency } from '../middleware/idempotency.ts';
import { exportTracked, generateMasks, makeGreenscreen } from '../services/masks.ts';
import { previewMask } from '../services/previews.ts';
import { newRouter } from './new-router.ts';
import { failures, jsonBody, jsonReply } from './replies.ts';

const tags = ['Masks'];
const params = z.object({ id: idOf('video') });
/** Seconds after which a preview that found no host free may be asked for again. */
const busySeconds = 5;

/** Previews, masks and greenscreens of a video. */
export function maskRoutes(deps: AppDeps) {
  const router = newRouter();
  const write = access('tasks:write', { confirmed: true });
  const creating = { ...write, middleware: [...write.middleware, idempotency(deps)] };

  router.openapi(
    createRoute({
      ...access('tasks:write', { confirmed: true }),
      method: 'post',
      path: '/api/videos/{id}/preview-mask',
      operationId: 'previewMask',
      summary: 'What prompts select on one frame',
      description: 'Answered in the request. Prompts and mask stay on the video.',
      tags,
      request: { params, body: jsonBody(PreviewMaskParams) },
      responses: { 200: jsonReply(MaskPreview, 'The masks of the frame.'), ...failures },
    }),
    async (c) => {
      const { user } = identityOf(c);
      const { id } = c.req.valid('param');
      try {
        return c.json(await previewMask(deps, user, id, c.req.valid('json')), 200);
      } catch (error) {
        if (error instanceof RotoError && error.code === 'preview_busy') {
          c.header('Retry-After', String(busySeconds));
        }
        throw error;
      }
    },
  );

  router.openapi(
    createRoute({
      ...creating,
      method: 'post',
      path: '/api/videos/{id}/generate-masks',
      operationId: 'generateMasks',
      summary: 'Follow objects through a video and cut them out',
      tags,
      request: { params, body: jsonBody(GenerateMasksParams) },
      responses: { 202: jsonReply(Task, 'The task waits for a worker.'), ...failures },
    }),
    async (c) => {
      const { user } = identityOf(c);
      const { id } = c.req.valid('param');
      const answering = { ...deps, answered: answerWithin(c, 202) };
      return c.json(await generateMasks(answering, user, id, c.req.valid('json')), 202);
    },
  );

  router.openapi(
    createRoute({
      ...creating,
      method: 'post',
      path: '/api/videos/{id}/greenscreen',
      operationId: 'makeGreenscreen',
      summary: 'Make a greenscreen movie of masks that are there',
      tags,
      request: { params, body: jsonBody(GreenscreenParams) },
      responses: { 202: jsonReply(Task, 'The task waits for a worker.'), ...failures },
    }),
    async (c) => {
      const { user } = identityOf(c);
      const { id } = c.req.valid('param');
      const answering = { ...deps, answered: answerWithin(c, 202) };
      return c.json(await makeGreenscreen(answering, user, id, c.req.valid('json')), 202);
    },
  );

  router.openapi(
    createRoute({
      ...creating,
      method: 'post',
      path: '/api/videos/{id}/export',
      operationId: 'exportMasks',
      summary: 'Write other files, or another edge, of masks that are there',
      tags,
      request: { params, body: jsonBody(ExportParams) },
      responses: { 202: jsonReply(Task, 'The task waits for a worker.'), ...failures },
    }),
    async (c) => {
      const { user } = identityOf(c);
      const { id } = c.req.valid('param');
      const answering = { ...deps, answered: answerWithin(c, 202) };
      return c.json(await exportTracked(answering, user, id, c.req.valid('json')), 202);
    },
  );

  return router;
}
