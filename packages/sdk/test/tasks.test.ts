import { describe, expect, it } from 'vitest';
import type { Task } from '../src/contract/tasks.ts';
import { Roto, TaskFailedError, TaskTimeoutError } from '../src/index.ts';
import { type LocalServer, reply, serve } from './support/local-server.ts';
import { rejection } from './support/rejection.ts';

const id = 'tsk_0123456789abcdefghjk';
const pending: Task = {
  id,
  video_id: null,
  status: 'pending',
  credit_action: 'generate_masks',
  credit_cost: 1,
  quality: 'draft',
  model: null,
  device: null,
  progress: null,
  attempts: 0,
  error_code: null,
  error_message: null,
  created_at: '2026-11-25T12:00:00.000Z',
  started_at: null,
  completed_at: null,
};

function eventOf(task: Partial<Task>, type = 'status') {
  const { status, progress, error_code, error_message } = { ...pending, ...task };
  return { type, task_id: id, status, progress, error_code, error_message };
}

/** A server whose task is looked at as `looks` says, with events as given, or none that come. */
function serveTask(looks: readonly object[], events?: readonly string[]): Promise<LocalServer> {
  let look = 0;
  return serve((request, response) => {
    if (request.url?.endsWith('/events')) {
      if (events === undefined) return reply(response, 404, { error: { code: 'not_found' } });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of events) response.write(event);
      // Held open: whoever waits has to leave by what it was told.
      return undefined;
    }
    const task = looks[Math.min(look, looks.length - 1)];
    look += 1;
    return reply(response, 200, task, { 'retry-after-ms': '300' });
  });
}

const line = (event: string, at: number, data: object): string =>
  `id: ${at}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

describe('task.wait', () => {
  it('looks as often as the server asks for where events do not come through', async () => {
    const looks = [pending, pending, { ...pending, status: 'completed' }];
    await using server = await serveTask(looks);
    const roto = new Roto({ baseUrl: server.url, maxRetries: 0 });
    const task = await roto.tasks.get(id);
    const seen: string[] = [];
    const startedMs = performance.now();
    await task.wait({ onProgress: ({ status }) => seen.push(status) });
    expect(seen).toEqual(['pending', 'completed']);
    expect(performance.now() - startedMs).toBeGreaterThan(290);
    expect(server.requests.map(({ url }) => url.split('/').at(-1))).toEqual([id, 'events', id, id]);
  });

  it('takes events, states and fields of a newer server that it does not know', async () => {
    const progress = { stage: 'dream', done: 1, total: 2, mood: 'calm' };
    const events = [
      line('status', 1, { ...eventOf({}), status: 'queued_twice', lane: 3 }),
      line('progress', 2, { ...eventOf({}, 'progress'), progress }),
      line('applause', 3, { hands: 2 }),
      line('status', 4, eventOf({ status: 'completed' })),
    ];
    const done = { ...pending, status: 'completed', cost_in_euros: 3 };
    await using server = await serveTask([pending, done], events);
    const task = await new Roto({ baseUrl: server.url }).tasks.get(id);
    const seen: object[] = [];
    await task.wait({ onProgress: (event) => seen.push(event) });
    expect(seen).toMatchObject([
      { status: 'queued_twice', lane: 3 },
      { progress },
      { status: 'completed' },
    ]);
    expect(task.data).toMatchObject({ cost_in_euros: 3 });
  });

  it('fails with the task, saying why, when it failed or was cancelled', async () => {
    const failed = { status: 'failed' as const, error_message: 'The clip has no frames.' };
    const events = [line('status', 1, eventOf(failed))];
    await using server = await serveTask([pending, { ...pending, ...failed }], events);
    const task = await new Roto({ baseUrl: server.url }).tasks.get(id);
    const error = await rejection(task.wait());
    expect(error).toBeInstanceOf(TaskFailedError);
    expect(error).toMatchObject({ code: 'task_failed', task: { id, status: 'failed' } });
    expect(String(error)).toMatch(/The clip has no frames\.$/);
    expect(JSON.parse(JSON.stringify(task))).toMatchObject({ id, status: 'failed' });
  });

  it('ends at its time and by its signal, and leaves the task alone', async () => {
    const events = [line('status', 1, eventOf({ status: 'processing' }))];
    await using server = await serveTask([pending], events);
    const task = await new Roto({ baseUrl: server.url }).tasks.get(id);
    const late = await rejection(task.wait({ timeoutMs: 200 }));
    expect(late).toBeInstanceOf(TaskTimeoutError);
    expect(late).toMatchObject({ task: { status: 'processing' }, retryable: true });
    const stop = new AbortController();
    const stopped = task.wait({ signal: stop.signal, onProgress: () => stop.abort() });
    expect(await rejection(stopped)).toMatchObject({ name: 'AbortError', code: 'interrupted' });
    expect(server.requests.every(({ method }) => method === 'GET')).toBe(true);
  });
});
