import { RotoError } from '@roto/sdk/contract';
import { PromptOptions } from '../../args/prompt-options.ts';
import { outputsOf } from '../../shot/outputs.ts';
import { type CommandContext, defineCommand } from '../command-spec.ts';
import { runExportCommand } from '../export/run.ts';
import { presetOptions } from '../preset-options.ts';
import { runShotCommand } from '../run-shot-command.ts';
import {
  directionOptions,
  engineOptions,
  matteOptions,
  outOptions,
  planOptions,
  promptOptions,
  runOptions,
  screenOptions,
  sourceOptions,
  streamOptions,
} from '../shared-options.ts';
import { isTrack } from '../track-argument.ts';

/** `roto greenscreen`: the objects over a plain colour, as a movie with the sound of the clip. */
export function createGreenscreenCommand() {
  const prompts = new PromptOptions();
  return defineCommand({
    name: 'greenscreen',
    summary: 'put the objects over a plain colour, as a movie with sound',
    description: [
      'Writes out/greenscreen.mp4: every object of the shot over one colour, with the sound, rate, timecode and colour tags of the clip. Takes a clip with prompts as roto mask does, or a track that is already made, which takes only as long as writing the movie.',
    ],
    arguments: [
      {
        syntax: '[clip|track]',
        text: 'a clip, with prompts; or a track: its id (trk_...), a task of a server (tsk_...) or a shot document (*.roto.json) already tracked',
      },
    ],
    options: {
      ...promptOptions(prompts),
      ...sourceOptions,
      ...engineOptions,
      ...presetOptions,
      ...directionOptions,
      ...matteOptions,
      ...outOptions,
      ...screenOptions,
      ...planOptions,
      ...runOptions,
      ...streamOptions,
    },
    examples: [
      {
        text: 'from a click',
        line: 'roto greenscreen shot.mp4 --points 420,310 --despill --local',
      },
      {
        text: 'blue, from a track made before',
        line: "roto greenscreen trk_4f1c --color '#0047bb' --despill --local",
      },
    ],
    run: ({ words, options }, context: CommandContext) => {
      const [what] = words;
      const outputs = outputsOf(['greenscreen'], options);
      if (what !== undefined && isTrack(what) && options.shot === undefined) {
        if (prompts.given) throw promptsOnTrack(what);
        return runExportCommand({ track: what, outputs }, options, context);
      }
      const request = {
        clip: what,
        document: options.shot,
        prompts,
        settings: options,
        outputs,
        fallback: outputs,
      };
      return runShotCommand(request, options, context);
    },
  });
}

function promptsOnTrack(track: string): RotoError {
  return new RotoError(
    'invalid_argument',
    `Expected no prompts with the track ${track}, which is already made.`,
    { param: '--points', hint: 'Give the clip instead of the track to track with new prompts.' },
  );
}
