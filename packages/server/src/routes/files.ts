import { Readable } from 'node:stream';
import { createRoute, z } from '@hono/zod-openapi';
import { RotoError } from '@roto/sdk/contract';
import type { AppDeps } from '../deps.ts';
import { contentDisposition, contentTypeOf } from '../storage/keys.ts';
import { requestedRange } from '../storage/requested-range.ts';
import type { StoredInfo } from '../storage/storage.ts';
import { newRouter } from './new-router.ts';
import { failures } from './replies.ts';

/** `/api/files`: files of a folder, under the signed addresses that videos and results come with. */
export function fileRoutes({
  storage,
  grants,
  clock,
}: Pick<AppDeps, 'storage' | 'grants' | 'clock'>) {
  const router = newRouter();

  router.openapi(
    createRoute({
      method: 'get',
      path: '/api/files/{grant}/{filename}',
      operationId: 'getFile',
      summary: 'Read a file under its signed address',
      description: 'Answers HEAD, ranges and If-None-Match. The address is all that is needed.',
      tags: ['Files'],
      request: { params: z.object({ grant: z.string(), filename: z.string() }) },
      responses: {
        200: fileReply('The file.'),
        206: fileReply('The range.'),
        304: { description: 'The caller has it.' },
        416: { description: 'The range is not within the file.' },
        ...failures,
      },
    }),
    async (c) => {
      const { grant, filename } = c.req.valid('param');
      const { key, inline } = grants.verify(grant, filename, clock());
      const info = storage.kind === 'folder' ? await storage.head(key) : undefined;
      if (info === undefined) throw new RotoError('not_found', 'This file is not there any more.');
      const headers = fileHeaders(info, contentDisposition(filename, inline));
      if (c.req.header('If-None-Match') === info.etag) return c.body(null, 304, headers);
      const ifRange = c.req.header('If-Range');
      const isSame = ifRange === undefined || ifRange === info.etag;
      const range = requestedRange(isSame ? c.req.header('Range') : undefined, info.size);
      if (range === 'unsatisfiable') {
        return c.body(null, 416, { ...headers, 'Content-Range': `bytes */${info.size}` });
      }
      const { first, last } = range ?? { first: 0, last: info.size - 1 };
      headers['Content-Length'] = String(last - first + 1);
      if (range !== undefined) headers['Content-Range'] = `bytes ${first}-${last}/${info.size}`;
      const status = range === undefined ? 200 : 206;
      if (c.req.method === 'HEAD' || info.size === 0) return c.body(null, status, headers);
      const body = await storage.get(key, range);
      return c.body(webStream(body), status, headers);
    },
  );

  return router;
}

function fileReply(description: string) {
  const schema = z.string().meta({ format: 'binary' });
  return { description, content: { 'application/octet-stream': { schema } } };
}

function fileHeaders(info: StoredInfo, disposition: string): Record<string, string> {
  return {
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=3600',
    'Content-Disposition': disposition,
    'Content-Type': contentTypeOf(info.key),
    ETag: info.etag,
    'Last-Modified': info.modifiedAt.toUTCString(),
  };
}

function webStream(readable: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  // biome-ignore lint/plugin: Node types its own web streams apart from those of the platform
  return Readable.toWeb(readable) as unknown as ReadableStream<Uint8Array<ArrayBuffer>>;
}
