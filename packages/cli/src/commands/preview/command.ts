import { resolve } from 'node:path';
import { type PreviewDocument, type PreviewSummary, RotoError } from '@roto/sdk/contract';
import { parsePath } from '../../args/choices.ts';
import { PromptOptions } from '../../args/prompt-options.ts';
import type { Preview } from '../../backend/backend.ts';
import { backendFor } from '../../backend/backend-for.ts';
import type { Io } from '../../io/io.ts';
import { printResult } from '../../io/output.ts';
import { printable } from '../../io/printable.ts';
import { detectGraphics } from '../../picture/detect-graphics.ts';
import { drawPicture } from '../../picture/draw-picture.ts';
import { buildShot } from '../../shot/build-shot.ts';
import { defineCommand } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import { valueOption } from '../option-spec.ts';
import { presetOptions } from '../preset-options.ts';
import { cacheOf, earlyProgress } from '../run-shot-command.ts';
import {
  engineOptions,
  matteOptions,
  outOptions,
  promptOptions,
  runOptions,
  sourceOptions,
} from '../shared-options.ts';

/** `roto preview`: one frame, at once, in the terminal. */
export function createPreviewCommand() {
  const prompts = new PromptOptions();
  const { range: _range, ...source } = sourceOptions;
  return defineCommand({
    name: 'preview',
    summary: 'show what a click selects on one frame, in the terminal',
    description: [
      'Masks one frame and shows it with the objects coloured: as a picture where the terminal can (kitty, iTerm2, sixel), else in coloured blocks. Nothing is written unless -o names a folder; then the mattes and the coloured picture are.',
      'The frame is the one of --frame, else the first one with a prompt. Of a shot document any frame can be shown; what leads to it is tracked and kept.',
      'On a server it is a quick look by its light model, at a frame with a prompt for each object, and the mattes have hard edges.',
    ],
    arguments: [{ syntax: '[clip]', text: 'a movie, a folder of pictures, or a sequence' }],
    options: {
      ...promptOptions(prompts, 'frame to show; prompts that carry none are on it'),
      ...source,
      ...engineOptions,
      ...presetOptions,
      ...matteOptions,
      out: valueOption(
        'Output',
        '-o, --out <dir>',
        'write mattes and picture to this folder',
        (text) => parsePath(text, '--out'),
      ),
      overwrite: outOptions.overwrite,
      image: {
        flags: '--no-image',
        text: 'do not draw the picture',
        group: 'Picture' as const,
        read: () => false,
      },
      ...runOptions,
    },
    examples: [
      { text: 'is one click enough?', line: 'roto preview shot.mp4 --points 420,310 --local' },
      {
        text: 'frame 1042 of a shot document, with files to look at',
        line: 'roto preview --shot hero.roto.json --frame 1042 -o look --local',
      },
    ],
    run: async ({ words, options }, context) => {
      const { io } = context;
      const mode = modeOf(options);
      const frame = shownFrame(prompts);
      const backend = await backendFor(options, context);
      const { signal } = io;
      const cache = cacheOf(options, io.cwd);
      const place = { io, mode, options, range: undefined };
      const early = earlyProgress(place);
      const { onEvent } = early;
      const { shot, base } = await buildShot(
        {
          clip: words[0],
          document: options.shot,
          prompts,
          settings: options,
          outputs: [],
          fallback: [],
        },
        {
          cwd: io.cwd,
          probe: (clip, from) => backend.probeClip(clip, { base: from, signal, onEvent, ...cache }),
        },
      ).finally(() => early.close());
      const late = earlyProgress(place);
      const preview = await backend
        .previewShot(shot, {
          base,
          signal,
          onEvent: late.onEvent,
          overwrite: options.overwrite ?? false,
          ...cache,
          ...(frame === undefined ? {} : { frame }),
          ...(options.out === undefined ? {} : { out: resolve(io.cwd, options.out) }),
        })
        .finally(() => late.close());
      const drawn =
        mode === 'text' && options.image !== false && options.quiet !== true
          ? await draw(io, preview)
          : false;
      const document: PreviewDocument = { schema: 'roto.preview/1', ...summaryOf(preview) };
      printResult(io, mode, { document, lines: previewLines(preview, drawn) });
      return 'ok';
    },
  });
}

/** @throws RotoError `invalid_argument` where several frames are asked for */
function shownFrame(prompts: PromptOptions): number | undefined {
  const [frame, ...more] = prompts.frames;
  if (more.length === 0) return frame;
  throw new RotoError(
    'invalid_argument',
    `Expected one --frame to show but received ${prompts.frames.join(' and ')}.`,
    { param: '--frame' },
  );
}

async function draw(io: Io, { overlay, overlayPng }: Preview): Promise<boolean> {
  const graphics = await detectGraphics(io);
  return drawPicture(io, graphics, overlay, overlayPng);
}

/** The preview without its pictures. */
function summaryOf(preview: Preview): PreviewSummary {
  const { frame, clip, engine, model, device, objects, files } = preview;
  return { frame, clip, engine, model, device, objects, files };
}

function previewLines(preview: Preview, drawn: boolean): string[] {
  const { clip, frame, objects, engine, model, device, files } = preview;
  const pixels = clip.width * clip.height;
  return [
    `frame ${frame} of ${printable(clip.path)}, ${clip.width}x${clip.height}; ${engine} engine (${model.id}) on ${device}`,
    ...objects.map(({ name, score, present, area }) => {
      const found = present ? 'found' : 'not found';
      return `${name}  ${found}, score ${score.toFixed(2)}, ${area} pixels (${((area * 100) / pixels).toFixed(1)} %)`;
    }),
    ...files.map((file) => printable(file)),
    ...(drawn || files.length > 0
      ? []
      : ['The picture is not drawn here: -o DIR writes it to a file.']),
  ];
}
