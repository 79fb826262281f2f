import { RotoError, type VideoDocument } from '@roto/sdk/contract';
import { createReporter } from '../../io/reporter.ts';
import { switchOption, valueOption } from '../option-spec.ts';
import { defineServerCommand } from '../server-command.ts';
import { displayOptions, sourceOptions } from '../shared-options.ts';
import { videoLines } from '../videos/video-lines.ts';

/** `roto upload`: a clip to the server, once. */
export function createUploadCommand() {
  const { range, rate, missingFrames, inputColorspace } = sourceOptions;
  return defineServerCommand({
    name: 'upload',
    summary: 'send a movie or a sequence to the server',
    description: [
      'Sends a clip and waits until it can be worked on. What the account has already is found by its SHA-256 and not sent again; an upload that was broken off goes on where it was. The other commands send clips by themselves: this is for sending them before, or for others to work on.',
    ],
    arguments: [
      { syntax: '<clip>', text: 'a movie, a folder of pictures, or a sequence: plate.####.exr' },
    ],
    options: {
      range,
      rate,
      missingFrames,
      inputColorspace,
      title: valueOption(
        'Clip',
        '--title <text>',
        'what it is called (default: its file name)',
        (text) => text,
      ),
      again: switchOption('Clip', '--again', 'send it even where the account has it'),
    },
    examples: [
      { text: '', line: 'roto upload shot.mp4' },
      {
        text: 'a part of a sequence',
        line: "roto upload 'plate.####.exr' --range 1001-1100 --rate 24",
      },
    ],
    ask: async (server, { words: [path = ''], options, mode, io }) => {
      const reporter = await createReporter(io, { mode, ...displayOptions(options) });
      const {
        title,
        again,
        range: frames,
        rate: fps,
        missingFrames: gaps,
        inputColorspace: space,
      } = options;
      const source = {
        path,
        missingFrames: gaps ?? ('error' as const),
        inputColorspace: space ?? ('auto' as const),
        exposure: 0,
        ...(fps === undefined ? {} : { rate: fps }),
      };
      if (path.startsWith('vid_')) throw isVideo(path);
      // With it comes the client.
      const { findClip } = await import('../../backend/remote/remote-source.ts');
      const { video } = await findClip(server, io, source, {
        base: io.cwd,
        signal: io.signal,
        onEvent: (event) => reporter.onEvent(event),
        title,
        again,
        ...(frames === undefined ? {} : { range: frames }),
      }).finally(() => reporter.close());
      const document: VideoDocument = { schema: 'roto.video/1', video };
      return { document, lines: videoLines(video) };
    },
  });
}

function isVideo(id: string): RotoError {
  return new RotoError('invalid_argument', `Expected a path, but ${id} is a video of a server.`, {
    param: 'clip',
  });
}
