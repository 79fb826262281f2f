import { join, resolve } from 'node:path';
import { type MaskPreview, RotoError, type Shot } from '@roto/sdk/contract';
import { decode, encode } from 'fast-png';
import type { Server } from '../../server/open-server.ts';
import type { Preview, PreviewOptions } from '../backend.ts';
import { clipOf } from './clip-facts.ts';
import { withInlineMasks } from './inline-masks.ts';
import type { RemoteClip } from './remote-source.ts';
import { maskOf } from './rle-mask.ts';
import { writeWhole } from './write-whole.ts';

/** What the server's quick look selects on one frame; masks have two levels there. */
export async function previewRemote(
  { roto }: Server,
  shot: Shot,
  clip: RemoteClip,
  options: PreviewOptions,
): Promise<Preview> {
  const { signal, frame, overwrite = false } = options;
  const inline = await withInlineMasks(shot, options.base ?? '.');
  const { objects: asked, source, engine } = inline;
  const document = {
    schema: 'roto.shot/1',
    source: { ...source, path: clip.video.id },
    engine,
    objects: asked,
  };
  const look = await roto.masks.preview(
    { video_id: clip.video.id, shot: document, ...(frame === undefined ? {} : { frame }) },
    { signal },
  );
  const overlayPng = await fetchPicture(look.overlayUrl, signal);
  const masks = look.objects.map(({ rle }) => maskOf(rle));
  const files = options.out === undefined ? [] : previewFiles(look, masks, overlayPng, options.out);
  await writeWhole(files, overwrite);
  const {
    engine: name = 'server',
    model = { id: 'unknown', sha256: '' },
    device = 'unknown',
  } = look.run ?? {};
  return {
    frame: look.frame,
    clip: clipOf(clip),
    engine: name,
    model,
    device,
    objects: look.objects.map(({ id, name: object, score }, index) => ({
      id,
      name: object,
      score,
      present: score > 0.5,
      area: areaOf(masks[index]),
    })),
    files: files.map(({ path }) => path),
    overlay: pixelsOf(overlayPng),
    overlayPng,
  };
}

function areaOf(mask: Uint8Array | undefined): number {
  return mask?.reduce((sum, value) => sum + value, 0) ?? 0;
}

async function fetchPicture(url: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const reply = await fetch(url, signal === undefined ? {} : { signal });
  if (!reply.ok) {
    throw new RotoError(
      'network_failed',
      `The picture of the preview did not come (${reply.status}).`,
    );
  }
  return new Uint8Array(await reply.arrayBuffer());
}

function previewFiles(
  look: MaskPreview,
  masks: readonly Uint8Array[],
  overlay: Uint8Array,
  out: string,
) {
  const folder = resolve(out);
  const sign = look.frame < 0 ? '-' : '';
  const number = `${sign}${String(Math.abs(look.frame)).padStart(4 - sign.length, '0')}`;
  const mattes = look.objects.map(
    (
      {
        name,
        rle: {
          size: [height, width],
        },
      },
      index,
    ) => {
      const data = Uint16Array.from(masks[index] ?? [], (value) => value * 65_535);
      const bytes = encode({ width, height, data, depth: 16, channels: 1 });
      return { path: join(folder, name, `${name}.${number}.png`), bytes };
    },
  );
  return [{ path: join(folder, `overlay.${number}.png`), bytes: overlay }, ...mattes];
}

/** The picture as 8-bit RGB, for terminals that draw no PNG themselves. */
function pixelsOf(png: Uint8Array): Preview['overlay'] {
  const { width, height, data, channels } = decode(png);
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      rgb[pixel * 3 + channel] = data[pixel * channels + Math.min(channel, channels - 1)] ?? 0;
    }
  }
  return { width, height, rgb };
}
