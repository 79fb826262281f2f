// The client in three calls: node mask-clip.ts CLIP X,Y OUT, on the server of ROTO_BASE_URL.
import { Roto } from '@roto/sdk';

const [clip = 'shot.mp4', click = '420,310', out = 'mattes'] = process.argv.slice(2);
const [x = 0, y = 0] = click.split(',').map(Number);
const roto = new Roto();

const video = await roto.videos.upload(clip);
await roto.videos.wait(video.id);
const task = await roto.masks.create({
  video_id: video.id,
  points: { positive: [[x, y]] },
  outputs: ['png16'],
});
await task.wait({ onProgress: ({ status, progress }) => console.error(status, progress?.stage) });
for (const { file } of await task.download(out)) console.log(file);
