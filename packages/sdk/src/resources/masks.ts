import type { z } from 'zod';
import type { ApiPromise } from '../api-promise.ts';
import {
  Estimate,
  type GenerateMasksParams,
  MaskPreview,
  type PreviewMaskParams,
  Qualities,
} from '../contract/masks.ts';
import type { OutputFormat, Quality } from '../contract/shot.ts';
import { Task } from '../contract/tasks.ts';
import { path } from '../internal/path.ts';
import type { RequestOptions, Transport } from '../request.ts';
import { TaskHandle } from '../task-handle.ts';

/** What is asked for: the body of `generate-masks`, and which video it is of. */
export type MaskParams = z.input<typeof GenerateMasksParams> & { readonly video_id: string };

/** What is asked for: the body of `preview-mask`, and which video it is of. */
export type PreviewParams = z.input<typeof PreviewMaskParams> & { readonly video_id: string };

/** What the cost is wanted of. */
export interface EstimateParams {
  readonly video_id: string;
  /** `draft` unless given. */
  readonly quality?: Quality | undefined;
  /** `png16` unless given. */
  readonly outputs?: readonly OutputFormat[] | undefined;
  /** First and last frame; those of the clip unless given. */
  readonly first?: number | undefined;
  readonly last?: number | undefined;
}

/**
 * Objects are followed through a video and cut out.
 *
 * @example
 * const { credits } = await roto.masks.estimate({ video_id, quality: 'draft' });
 * const task = await roto.masks.create({
 *   video_id,
 *   points: { positive: [[48, 32]] },
 *   outputs: ['png16', 'prores4444'],
 * });
 */
export class Masks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Begins a task that follows objects through a video and writes their mattes. Without `points`,
   * `bbox` and `shot` it takes the prompts that the last preview left on the video.
   */
  create({ video_id, ...body }: MaskParams, options?: RequestOptions): ApiPromise<TaskHandle> {
    const at = path`/api/videos/${video_id}/generate-masks`;
    const reply = this.#transport.request(
      { method: 'POST', path: at, body, schema: Task },
      options,
    );
    return reply.map((task) => new TaskHandle(this.#transport, task));
  }

  /** What prompts select on one frame. The prompts stay on the video. */
  preview({ video_id, ...body }: PreviewParams, options?: RequestOptions): ApiPromise<MaskPreview> {
    const spec = { path: path`/api/videos/${video_id}/preview-mask`, body, schema: MaskPreview };
    return this.#transport.request({ method: 'POST', ...spec }, options);
  }

  /** What masks of a video would cost, at most. */
  estimate(
    { video_id, outputs, ...rest }: EstimateParams,
    options?: RequestOptions,
  ): ApiPromise<Estimate> {
    const at = path`/api/videos/${video_id}/estimate-cost`;
    const query = { ...rest, outputs: outputs?.join(',') };
    return this.#transport.request({ method: 'GET', path: at, query, schema: Estimate }, options);
  }

  /** Which qualities workers run now. */
  qualities(options?: RequestOptions): ApiPromise<Qualities> {
    const spec = { path: '/api/qualities', schema: Qualities };
    return this.#transport.request({ method: 'GET', ...spec }, options);
  }
}
