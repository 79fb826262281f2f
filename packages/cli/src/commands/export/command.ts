import { RotoError } from '@roto/sdk/contract';
import { defaultFormats, outputsOf, requestedOutputs } from '../../shot/outputs.ts';
import { defineCommand } from '../command-spec.ts';
import {
  formatOptions,
  matteOptions,
  outOptions,
  runOptions,
  sourceOptions,
  streamOptions,
} from '../shared-options.ts';
import { runExportCommand } from './run.ts';

/** `roto export`: more files from a track that is already made. */
export function createExportCommand() {
  return defineCommand({
    name: 'export',
    summary: 'write a track again: other formats, another edge, no tracking',
    description: [
      'Reads a track from the cache and writes it in other formats or with another edge. Nothing is tracked, so it takes only as long as writing the files. The track is printed by roto mask and roto cache list; its first letters are enough. On a server it is a task of roto mask, by its whole id.',
    ],
    arguments: [
      {
        syntax: '<track>',
        text: 'id of a track (trk_...), a task of a server (tsk_...), or a shot document (*.roto.json) already tracked',
      },
    ],
    options: {
      range: sourceOptions.range,
      ...matteOptions,
      ...outOptions,
      ...formatOptions,
      ...runOptions,
      ...streamOptions,
    },
    examples: [
      {
        text: 'a ProRes 4444 and a luma matte',
        line: 'roto export trk_4f1c --format prores4444,luma -o delivery --local',
      },
      {
        text: 'the same mattes, one pixel tighter and a little softer',
        line: 'roto export trk_4f1c --choke 1 --feather 0.8 -o tighter --local',
      },
    ],
    run: ({ words, options }, context) => {
      const [track] = words;
      if (track === undefined) throw new RotoError('invalid_argument', 'Expected a track.');
      const outputs = requestedOutputs(options) ?? outputsOf(defaultFormats, options);
      return runExportCommand({ track, outputs }, options, context);
    },
  });
}
