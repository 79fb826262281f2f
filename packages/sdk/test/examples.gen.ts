// Written by scripts/gen-sdk-docs.ts from the examples of the documentation; do not edit.
// biome-ignore-all lint: it is what the documentation shows
// biome-ignore-all format: it is what the documentation shows
// biome-ignore-all assist: it is what the documentation shows
import { memoryUploadStore, Roto, verifyWebhook } from '../src/index.ts';
import { parseShot, Result } from '../src/contract/index.ts';
import type { ExampleContext } from './support/example-context.ts';

export const examples: Record<string, (context: ExampleContext) => Promise<void>> = {
  "Roto": async ({  }) => {
    const roto = new Roto({
      baseUrl: 'http://127.0.0.1:8000',
      apiKey: process.env['ROTO_API_KEY'],
    });
    void [roto];
  },
  "Roto.mask": async ({ roto }) => {
    const { files } = await roto.mask('clip.mp4', {
      points: { positive: [[48, 32]] },
      outputs: ['png16'],
      to: 'mattes/',
    });
    void [files];
  },
  "Admin": async ({ roto, console }) => {
    for await (const user of roto.admin.users.list({ email: 'ada' })) console.log(user.id);
    const { tasks } = await roto.admin.queue();
    void [tasks];
  },
  "ApiKeys": async ({ roto, console }) => {
    for await (const key of roto.apiKeys.list()) console.log(key.name, key.prefix);
  },
  "Auth": async ({ roto, email, password }) => {
    const { accessToken } = await roto.auth.login({ email, password });
    const mine = new Roto({ baseUrl: roto.baseUrl, apiKey: accessToken });
    void [accessToken, mine];
  },
  "Billing": async ({ roto }) => {
    const { tiers, credit_packs } = await roto.billing.offers();
    void [tiers, credit_packs];
  },
  "Credits": async ({ roto, console }) => {
    const { available, reserved } = await roto.credits.get();
    for await (const { kind, available } of roto.credits.history()) console.log(kind, available);
    void [available, reserved];
  },
  "Greenscreens": async ({ roto, video_id }) => {
    const movie = await roto.greenscreens.create({ video_id, color: '#00b140', despill: true });
    void [movie];
  },
  "Masks": async ({ roto, video_id }) => {
    const { credits } = await roto.masks.estimate({ video_id, quality: 'draft' });
    const task = await roto.masks.create({
      video_id,
      points: { positive: [[48, 32]] },
      outputs: ['png16', 'prores4444'],
    });
    void [credits, task];
  },
  "Tasks": async ({ roto, console }) => {
    for await (const task of roto.tasks.list({ status: 'completed' })) console.log(task.id);
  },
  "Uploads": async ({ roto, console }) => {
    const upload = await roto.uploads.beginSequence({ format: 'png', title: 'plate' });
    for await (const { frame, sha256 } of roto.uploads.frames(upload.id)) console.log(frame, sha256);
    await roto.uploads.abort(upload.id);
    void [upload];
  },
  "Users": async ({ roto }) => {
    const me = await roto.users.me();
    const { total, limit_bytes } = await roto.users.storage();
    void [me, total, limit_bytes];
  },
  "Videos": async ({ roto, console }) => {
    const video = await roto.videos.upload('clip.mp4', { title: 'Plate 10' });
    const { video_metadata } = await roto.videos.wait(video.id);
    for await (const { id, title } of roto.videos.list({ status: 'ready' })) console.log(id, title);
    void [video, video_metadata];
  },
  "Videos.upload": async ({ roto, file }) => {
    const plate = await roto.videos.upload(file, { store: memoryUploadStore() });
    void [plate];
  },
  "Webhooks": async ({ roto, console }) => {
    for await (const webhook of roto.webhooks.list()) console.log(webhook.url, webhook.disabled_at);
  },
  "TaskHandle": async ({ roto, console, video_id }) => {
    const task = await roto.masks.create({ video_id, points: { positive: [[48, 32]] } });
    await task.wait({ onProgress: ({ progress }) => console.log(progress?.stage, progress?.done) });
    const files = await task.download('mattes/');
    void [task, files];
  },
  "TaskHandle.events": async ({ console, task }) => {
    for await (const event of task.events()) console.log(event.type, event.status);
  },
  "verifyWebhook": async ({ secret, request }) => {
    const event = await verifyWebhook(
      { body: await request.text(), signature: request.headers.get('roto-signature') },
      secret,
    );
    void [event];
  },
  "README 1": async ({  }) => {
    const roto = new Roto({ baseUrl: 'http://127.0.0.1:8000', apiKey: process.env['ROTO_API_KEY'] });
    void [roto];
  },
  "README 2": async ({ roto, console }) => {
    const video = await roto.videos.upload('plate.####.png'); // or a movie, a Blob, a stream
    await roto.videos.wait(video.id);
    const task = await roto.masks.create({ video_id: video.id, points: { positive: [[48, 32]] } });
    await task.wait({ onProgress: ({ progress }) => console.log(progress?.stage, progress?.done) });
    await task.download('mattes/');
    void [video, task];
  },
  "README 3": async ({ roto }) => {
    const { files } = await roto.mask('clip.mp4', {
      points: { positive: [[48, 32]] },
      outputs: ['png16', 'rle'],
      to: 'hero/',
    });
    void [files];
  },
  "README 4": async ({ secret, request }) => {
    const signature = request.headers.get('roto-signature');
    const event = await verifyWebhook({ body: await request.text(), signature }, secret);
    void [signature, event];
  },
  "README 5": async ({ text, stdout }) => {
    const shot = parseShot(JSON.parse(text)); // throws RotoError invalid_shot, naming the field
    const result = Result.parse(JSON.parse(stdout)); // what `roto mask --json` printed
    void [shot, result];
  },
};
