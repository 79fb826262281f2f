import { isFinal, TaskEvent } from './contract/tasks.ts';
import { ReplyError } from './errors.ts';
import { path } from './internal/path.ts';
import { type ServerEventsOptions, serverEvents } from './internal/sse.ts';
import type { Transport } from './request.ts';

const knownTypes: ReadonlySet<string> = new Set(TaskEvent.shape.type.options);

/**
 * Events of a task as they happen, across connections that break; the first says how it is now, the
 * last one is a final status. What a newer server tells beside them, and is not like them, is left
 * out.
 * @throws what any call throws
 */
export async function* taskEvents(
  transport: Transport,
  taskId: string,
  options: ServerEventsOptions = {},
): AsyncGenerator<TaskEvent, void, undefined> {
  const route = { path: path`/api/tasks/${taskId}/events` };
  for await (const { event: type, data } of serverEvents(transport, route, options)) {
    const event = readEvent(transport, type, data);
    if (event === undefined) continue;
    yield event;
    if (event.type === 'status' && isFinal(event.status)) return;
  }
}

function readEvent(transport: Transport, type: string, data: string): TaskEvent | undefined {
  try {
    return transport.read(TaskEvent, data, { said: 'An event of the task' });
  } catch (error) {
    if (error instanceof ReplyError && !knownTypes.has(type)) return undefined;
    throw error;
  }
}
