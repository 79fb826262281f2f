import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { madeFrames } from '../../server/test/support/made-clips.ts';
import { makeClip } from '../../server/test/support/ready-video.ts';
import type { TaskEvent } from '../src/contract/tasks.ts';
import { memoryUploadStore, type TransferProgress } from '../src/index.ts';
import { rejection } from './support/rejection.ts';
import { startServiceClient } from './support/service-client.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

describe('a client of the service', () => {
  it('uploads, masks, waits and downloads what a local run would lie beside', async () => {
    const { roto } = await startServiceClient({ work: true });
    const { path, click } = await makeClip(4);
    const seen: TransferProgress[] = [];
    const uploaded = await roto.videos.upload(path, {
      title: 'Plate',
      onProgress: (progress) => seen.push(progress),
    });
    expect(uploaded.title).toBe('Plate');
    expect(new Set(seen.map(({ phase }) => phase))).toEqual(new Set(['hash', 'upload']));
    const video = await roto.videos.wait(uploaded.id, { timeoutMs: 60_000 });
    expect(video.sha256).toBe(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    );

    const sent: string[] = [];
    const again = await roto.videos.upload(path, { onProgress: ({ phase }) => sent.push(phase) });
    expect(again.id).toBe(video.id);
    expect(sent).not.toContain('upload');

    await waitForDraft(roto);
    const points = { positive: [click] };
    const preview = await roto.masks.preview({ video_id: video.id, points });
    expect(preview.objects[0]?.score).toBeGreaterThan(0.5);
    expect((await roto.masks.estimate({ video_id: video.id, outputs: ['png16'] })).frames).toBe(4);

    const task = await roto.masks.create({ video_id: video.id, points, outputs: ['png8', 'rle'] });
    const events: TaskEvent[] = [];
    await task.wait({ onProgress: (event) => events.push(event) });
    expect(task.status).toBe('completed');
    expect(events.at(-1)).toMatchObject({ type: 'status', status: 'completed' });
    expect(events.some(({ type }) => type === 'progress')).toBe(true);

    await using folder = await temporaryFolder();
    const files = await task.download(folder.path);
    expect(files.map(({ result }) => result.path)).toContain('object-1.rle.json');
    for (const { file, result } of files) {
      const bytes = await readFile(file);
      expect(createHash('sha256').update(bytes).digest('hex'), result.path).toBe(result.sha256);
    }
    const [first] = files;
    await writeFile(first?.file ?? '', 'mine');
    expect(await rejection(task.download(folder.path))).toMatchObject({ code: 'output_exists' });
    const fetched: number[] = [];
    await task.download(folder.path, {
      overwrite: true,
      onProgress: ({ loadedFiles, totalFiles }) => fetched.push(totalFiles - loadedFiles),
    });
    expect(fetched[0]).toBe(1);
    expect(fetched.at(-1)).toBe(0);

    const screen = await roto.greenscreens.create({ video_id: video.id, task_id: task.id });
    await screen.wait();
    expect(await screen.results()).toMatchObject({ items: [{ format: 'greenscreen' }] });
    expect((await roto.credits.get()).available).toBeLessThan(100);
    const kinds = [];
    for await (const { kind } of roto.credits.history({ limit: 2 })) kinds.push(kind);
    expect(kinds).toContain('capture');
    expect(await rejection(task.cancel())).toMatchObject({ code: 'wrong_task_status' });

    const copy = join(folder.path, 'copy.mp4');
    await roto.videos.download(video.id, copy);
    expect((await readFile(copy)).equals(await readFile(path))).toBe(true);
    await roto.videos.delete(video.id);
    expect(await rejection(roto.videos.get(video.id))).toMatchObject({ status: 404 });
  });

  it('goes the whole way in one call, and cancels what it began when it is stopped', async () => {
    const { roto } = await startServiceClient({ work: true });
    const { path, click } = await makeClip(3);
    await waitForDraft(roto);
    await using folder = await temporaryFolder();
    const points = { positive: [click] };
    const steps = new Set<string>();
    const { video, task, files } = await roto.mask(path, {
      points,
      outputs: ['rle'],
      to: folder.path,
      upload: { title: 'Plate 20' },
      onProgress: ({ step }) => steps.add(step),
    });
    expect([...steps]).toEqual(['upload', 'prepare', 'task', 'download']);
    expect(video).toMatchObject({ title: 'Plate 20', status: 'ready' });
    expect(files.map(({ file }) => file)).toEqual([join(folder.path, 'object-1.rle.json')]);

    const stop = new AbortController();
    const stopped = roto.mask(video.id, {
      points,
      range: { first: 0, last: 1 },
      to: join(folder.path, 'other'),
      signal: stop.signal,
      onProgress: ({ step }) => {
        if (step === 'task') stop.abort();
      },
    });
    expect(await rejection(stopped)).toMatchObject({ code: 'interrupted' });
    const tasks = (await roto.tasks.list({ video_id: video.id })).items;
    expect(tasks.map(({ status }) => status)).toEqual(['cancelled', 'completed']);
    expect(tasks[1]?.id).toBe(task.id);
    expect(await readdir(folder.path)).toEqual(['object-1.rle.json']);
  });

  it('sends the frames of a sequence, and of one that is there those alone that changed', async () => {
    const { roto } = await startServiceClient();
    await using folder = await temporaryFolder();
    for (const [number, { bytes }] of await madeFrames(1001, 24)) {
      await writeFile(join(folder.path, `plate.${number}.png`), bytes);
    }
    const pattern = join(folder.path, 'plate.####.png');
    const video = await roto.videos.upload(pattern, { range: { first: 1001, last: 1005 } });
    expect(video).toMatchObject({ kind: 'sequence', title: 'plate.####.png' });
    const ready = await roto.videos.wait(video.id);
    expect(ready.video_metadata).toMatchObject({ firstFrame: 1001, lastFrame: 1005 });

    const moved = join(folder.path, 'other', 'renamed.%04d.png');
    await mkdir(dirname(moved));
    for (let frame = 1001; frame <= 1005; frame += 1) {
      const to = join(dirname(moved), `renamed.${frame}.png`);
      await copyFile(join(folder.path, `plate.${frame}.png`), to);
    }
    expect((await roto.videos.upload(moved)).id).toBe(video.id);
    const rate = { num: 25, den: 1 };
    expect((await roto.videos.upload(moved, { rate })).id).not.toBe(video.id);

    await writeFile(
      join(folder.path, 'plate.1002.png'),
      await readFile(join(folder.path, 'plate.1024.png')),
    );
    const steps: number[] = [];
    const changed = await roto.videos.upload(pattern, {
      video_id: video.id,
      range: { first: 1002, last: 1006 },
      store: memoryUploadStore(),
      onProgress: ({ phase, loadedBytes }) => {
        if (phase === 'upload') steps.push(loadedBytes);
      },
    });
    expect(changed.id).toBe(video.id);
    // What was there, then the changed frame and the new one.
    expect(steps).toHaveLength(3);
    const after = await roto.videos.wait(video.id);
    expect(after.video_metadata).toMatchObject({ firstFrame: 1002, lastFrame: 1006, frames: 5 });
  });
});

async function waitForDraft(roto: Awaited<ReturnType<typeof startServiceClient>>['roto']) {
  await expect
    .poll(async () => (await roto.masks.qualities()).qualities[0]?.available, { timeout: 60_000 })
    .toBe(true);
}
