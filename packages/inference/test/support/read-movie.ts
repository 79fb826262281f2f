import { pipe, startFfmpeg } from '../../src/media/ffmpeg.ts';
import { findFfmpeg } from '../../src/media/find-ffmpeg.ts';

/** Every frame of a movie of known size as RGB, 8 bits a channel, as ffmpeg itself decodes it. */
export async function readMovie(
  path: string,
  width: number,
  height: number,
): Promise<Uint8Array[]> {
  const job = startFfmpeg({
    tools: await findFfmpeg(),
    inputs: [{ from: path }],
    outputs: [{ to: pipe, options: ['-map', '0:v:0', '-f', 'rawvideo', '-pix_fmt', 'rgb24'] }],
    failure: { code: 'source_unreadable', message: `Could not read ${path}` },
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of job.stdout ?? []) chunks.push(chunk);
  await job.done;
  const all = Buffer.concat(chunks);
  const size = width * height * 3;
  return Array.from({ length: Math.floor(all.length / size) }, (_, index) =>
    all.subarray(index * size, (index + 1) * size),
  );
}
