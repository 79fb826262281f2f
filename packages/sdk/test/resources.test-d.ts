// Types of the resources, positive and negative: checked with the others by tsc, run by nobody.
import { expectTypeOf } from 'vitest';
import type { CreditMovement } from '../src/contract/billing.ts';
import type { Task, TaskEvent, TaskResult } from '../src/contract/tasks.ts';
import type { Video } from '../src/contract/videos.ts';
import { type DownloadedResult, type MaskedClip, Roto, type TaskHandle } from '../src/index.ts';

const roto = new Roto();
const video_id = 'vid_0123456789abcdefghjk';
const points = { positive: [[1, 2]] satisfies [number, number][] };

for await (const video of roto.videos.list({ status: 'ready', limit: 5 })) {
  expectTypeOf(video).toEqualTypeOf<Video>();
}
for await (const movement of roto.credits.history()) {
  expectTypeOf(movement).toEqualTypeOf<CreditMovement>();
}
for await (const task of roto.tasks.list({ video_id })) {
  expectTypeOf(task).toEqualTypeOf<TaskHandle>();
}
for await (const task of roto.admin.tasks.list()) expectTypeOf(task).toEqualTypeOf<Task>();
// @ts-expect-error there is no such status
roto.videos.list({ status: 'gone' });
// @ts-expect-error a page begins at a cursor
roto.tasks.list({ page: 2 });

const task = await roto.masks.create({ video_id, points, outputs: ['png16', { format: 'rgba' }] });
expectTypeOf(await task.wait({ timeoutMs: 3 })).toEqualTypeOf<TaskHandle>();
expectTypeOf(await task.download('out')).toEqualTypeOf<DownloadedResult[]>();
for await (const event of task.events()) expectTypeOf(event).toEqualTypeOf<TaskEvent>();
for await (const result of task.results()) expectTypeOf(result).toEqualTypeOf<TaskResult>();
// @ts-expect-error there is no such format
roto.masks.create({ video_id, points, outputs: ['gif'] });
// @ts-expect-error a mask is of a video
roto.masks.create({ points });
// @ts-expect-error a click has two numbers
roto.masks.create({ video_id, points: { positive: [[1]] } });
// @ts-expect-error what a task is does not change by saying so
task.status = 'completed';

expectTypeOf(await roto.mask('a.mov', { points, to: 'out' })).toEqualTypeOf<MaskedClip>();
expectTypeOf(await roto.videos.upload(new Blob([]))).toEqualTypeOf<Video>();
// @ts-expect-error a number is no clip
void roto.videos.upload(3);
// @ts-expect-error a rate is a fraction
void roto.videos.upload('plate.####.exr', { rate: 23.976 });

expectTypeOf(await roto.videos.delete(video_id)).toBeVoid();
// @ts-expect-error there is no such scope
roto.apiKeys.create({ name: 'farm', scopes: ['everything'] });
// @ts-expect-error a reason is needed
roto.admin.users.grant('usr_0123456789abcdefghjk', { credits: 3 });
