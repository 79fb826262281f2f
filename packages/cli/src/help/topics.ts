import type { OutputFormat } from '@roto/sdk/contract';
import { exitCodes } from '../errors/exit-codes.ts';

/** A page of the help that is about no single command. */
export interface HelpTopic {
  readonly name: string;
  readonly summary: string;
  /** Lines of the page; the docs show the same ones. */
  readonly lines: () => readonly string[];
}

/** What each output format is, in one line. */
const formatMeanings = {
  png8: 'matte sequence, 8-bit grey PNG: <object>/<object>.####.png',
  png16: 'matte sequence, 16-bit grey PNG: <object>/<object>.####.png',
  tiff16: 'matte sequence, 16-bit grey TIFF: <object>/<object>.####.tif',
  rgba: 'cut-out sequence, RGBA, 16-bit PNG: <object>/<object>.####.png',
  luma: 'matte as a grey movie: <object>.mp4',
  prores4444: 'cut-out movie, ProRes 4444 with alpha: <object>.mov',
  webm: 'cut-out movie, VP9 with alpha: <object>.webm',
  greenscreen: "all objects over a colour, with the clip's sound: greenscreen.mp4",
  rle: 'mattes as COCO run-length JSON: <object>.rle.json',
  logits: 'raw engine output, small, float32: <object>/<object>.####.npy',
} as const satisfies Record<OutputFormat, string>;

/** Topics that `roto help` knows beside the commands. */
export const helpTopics: readonly HelpTopic[] = [
  { name: 'prompts', summary: 'how to say what to cut out', lines: promptLines },
  { name: 'formats', summary: 'the output formats and where their files go', lines: formatLines },
  { name: 'exit-codes', summary: 'what the exit status of roto says', lines: exitCodeLines },
];

function exitCodeLines(): string[] {
  return Object.entries(exitCodes).map(
    ([name, { status, meaning }]) =>
      `${String(status).padStart(3)}  ${name.padEnd(11)}  ${meaning}`,
  );
}

function formatLines(): string[] {
  return [
    'Formats for --format, parted by commas. Files go below the folder of -o',
    '(default: out); #### is the frame number of the source. An object without a name',
    'is called matte.',
    '',
    ...Object.entries(formatMeanings).map(
      ([format, meaning]) => `${format.padEnd(11)}  ${meaning}`,
    ),
    '',
    'Colour beside alpha is straight; --premultiplied multiplies it (rgba,',
    'prores4444, webm). A file that is there already is not touched without',
    '--overwrite.',
  ];
}

function promptLines(): string[] {
  return [
    'A prompt says where the object is on one frame; the engine follows it from',
    'there.',
    '',
    '--points 420,310            a click on the object, in pixels from the top left',
    '--points 50%,40%            the same in per cent of width and height',
    '--points "420,310 455,300"  several clicks in one value',
    '--negative 100,50           a click beside it: this is not the object',
    '--box 300,200,560,480       a box around it: left, top, right, bottom',
    "--mask m.png                a picture of the plate's size, the object white",
    '',
    'Which frame: 420,310@1012 or m.png@1012 is on frame 1012. Prompts without one',
    'are on the frame of --frame, else on the first frame of the range.',
    '',
    'Several objects: --object NAME starts the next one, the prompts after it belong',
    'to it:',
    '  --object hero --points 420,310 --object dog --box 80,400,300,620',
    'Prompts before the first --object belong to an object called matte; with a',
    'single --object after all prompts, that is its name.',
    '',
    'Corrections: a frame with a click on the object, a box or a mask is a key frame.',
    'A frame with negative clicks only corrects what was tracked to it, and so does',
    'one with --correct 512,280@1042, a click on a part that tracking lost.',
    'Everything between two prompted frames is tracked again when one of them',
    'changes; the rest comes from the cache. With --retrack all, which is for SAM 2,',
    'every frame is.',
  ];
}
