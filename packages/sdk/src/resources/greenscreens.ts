import type { z } from 'zod';
import type { ApiPromise } from '../api-promise.ts';
import type { GreenscreenParams as GreenscreenBody } from '../contract/masks.ts';
import { Task } from '../contract/tasks.ts';
import { path } from '../internal/path.ts';
import type { RequestOptions, Transport } from '../request.ts';
import { TaskHandle } from '../task-handle.ts';

/** What is asked for: the body of `greenscreen`, and which video it is of. */
export type GreenscreenParams = z.input<typeof GreenscreenBody> & { readonly video_id: string };

/**
 * Greenscreen movies of what was tracked before.
 *
 * @example
 * const movie = await roto.greenscreens.create({ video_id, color: '#00b140', despill: true });
 */
export class Greenscreens {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Begins a task that makes a greenscreen movie of what `task_id` has tracked, or the last
   * completed task of the video; nothing is tracked again.
   */
  create(
    { video_id, ...body }: GreenscreenParams,
    options?: RequestOptions,
  ): ApiPromise<TaskHandle> {
    const at = path`/api/videos/${video_id}/greenscreen`;
    const reply = this.#transport.request(
      { method: 'POST', path: at, body, schema: Task },
      options,
    );
    return reply.map((task) => new TaskHandle(this.#transport, task));
  }
}
