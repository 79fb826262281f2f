import { PromptOptions } from '../../args/prompt-options.ts';
import { defaultFormats, outputsOf, requestedOutputs } from '../../shot/outputs.ts';
import { defineCommand } from '../command-spec.ts';
import { presetOptions } from '../preset-options.ts';
import { runShotCommand } from '../run-shot-command.ts';
import {
  directionOptions,
  engineOptions,
  formatOptions,
  matteOptions,
  outOptions,
  planOptions,
  promptOptions,
  runOptions,
  sourceOptions,
  streamOptions,
} from '../shared-options.ts';

/** `roto mask`: clip and clicks in, mattes out. */
export function createMaskCommand() {
  const prompts = new PromptOptions();
  return defineCommand({
    name: 'mask',
    summary: 'cut an object out of a clip: clicks in, mattes out',
    description: [
      'Follows what you click on through the shot and writes a matte for every frame. One click is often enough; add clicks, boxes or masks on the frames where the matte goes wrong and run it again: only the frames between them are tracked anew.',
      'Pixels are those of the displayed picture, 0,0 is the top left corner. Sequences keep their frame numbers; a movie starts at 0 unless --start-frame says otherwise.',
      'Without --local it runs on the server of roto login: the clip is sent unless the server has it, and the files are brought here, the same ones in the same places. Ctrl-C stops the task there too; --cache and the --model of a path are for --local only.',
    ],
    arguments: [
      {
        syntax: '[clip]',
        text: 'a movie, a folder of pictures, or a sequence: plate.####.exr, plate.%04d.png, plate.1001-1100.exr; on a server a video too: vid_...',
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
      ...formatOptions,
      ...planOptions,
      ...runOptions,
      ...streamOptions,
    },
    examples: [
      {
        text: 'one click, 16-bit PNG mattes in out/matte/',
        line: 'roto mask shot.mp4 --points 420,310 --local',
      },
      {
        text: 'two objects on a sequence, one range, ProRes beside the mattes',
        line: 'roto mask plate.####.exr --range 1001-1100 --object hero --points 420,310 \\\n  --object dog --box 80,400,300,620 \\\n  --format png16,prores4444 -o mattes --local',
      },
      {
        text: 'correct frame 1042: keep a hand in, keep the wall out',
        line: 'roto mask plate.####.exr --points 420,310@1001 \\\n  --correct 512,280@1042 --negative 700,90@1042 --local',
      },
      {
        text: 'on the server of roto login; a clip that is there already is not sent again',
        line: 'roto mask shot.mp4 --points 420,310',
      },
      {
        text: 'look first, keep the settings, repeat them on the next version of the plate',
        line: 'roto mask v1/plate.####.exr --points 50%,40% --save-shot hero.roto.json \\\n  --dry-run --local',
      },
      {
        text: '',
        line: 'roto mask v2/plate.####.exr --shot hero.roto.json --local',
      },
    ],
    run: ({ words, options }, context) => {
      const request = {
        clip: words[0],
        document: options.shot,
        prompts,
        settings: options,
        outputs: requestedOutputs(options),
        fallback: outputsOf(defaultFormats, options),
      };
      return runShotCommand(request, options, context);
    },
  });
}
