import { EngineName, outputFormats, ShotEngine, ShotMatte, ShotSource } from '@roto/sdk/contract';
import {
  parseChoice,
  parseColor,
  parseDevice,
  parseFormats,
  parsePath,
  parseQuality,
} from '../args/choices.ts';
import { parseFrame, parseRange, parseRate } from '../args/frames.ts';
import { limited } from '../args/limited.ts';
import type { PromptOptions } from '../args/prompt-options.ts';
import { parseBaseUrl, parseProfile } from '../config/connection.ts';
import { type OptionSpec, switchOption, valueOption } from './option-spec.ts';

/** Which server is meant. */
export const serverOptions = {
  profile: valueOption(
    'Server',
    '--profile <name>',
    'server and account of roto login --profile (else ROTO_PROFILE, else the last login)',
    (text) => parseProfile(text),
  ),
  baseUrl: valueOption(
    'Server',
    '--base-url <url>',
    "address of the server (else ROTO_BASE_URL, else the profile's)",
    (text) => parseBaseUrl(text),
  ),
};

/** How a run is started and what it says. */
export const runOptions = {
  local: switchOption('Run', '--local', 'run on this machine instead of a roto server'),
  ...serverOptions,
  cache: valueOption(
    'Run',
    '--cache <dir>',
    'keep tracks here (else ROTO_CACHE_DIR, else the cache folder of your account)',
    (text) => parsePath(text, '--cache'),
  ),
  json: switchOption('Run', '--json', 'print one JSON document on stdout, on failure too'),
  quiet: switchOption('Run', '-q, --quiet', 'no progress on stderr; only a failure speaks'),
  input: {
    flags: '--no-input',
    text: 'plain lines instead of a moving display; never wait for a key',
    group: 'Run',
    read: () => false,
  } satisfies OptionSpec<boolean>,
};

/** Events as they happen, for commands that take long. */
export const streamOptions = {
  jsonStream: switchOption(
    'Run',
    '--json-stream',
    'print JSON events on stdout as they happen, one a line: start, progress, warning, result, error',
  ),
};

const framesOfPrompts =
  'frame of prompts that carry none; a prompt carries its own as 420,310@1012 or m.png@1012 (default: first frame of the range)';

/**
 * Clicks, boxes and masks. The values are collected in `prompts`, which keeps the order of the
 * command line; commander would lose it.
 */
export function promptOptions(prompts: PromptOptions, frameText = framesOfPrompts) {
  const collected = (flags: string, text: string, take: (value: string) => void) =>
    valueOption('What to cut out', flags, text, (value) => {
      take(value);
      return true;
    });
  return {
    points: collected(
      '-p, --points <x,y...>',
      'click on the object: 420,310 in pixels or 50%,40%; several in quotes: "420,310 455,300"',
      (value) => prompts.points(value, 'positive'),
    ),
    negative: collected(
      '-n, --negative <x,y...>',
      'click beside the object, to keep it out',
      (value) => prompts.points(value, 'negative'),
    ),
    correct: collected(
      '-c, --correct <x,y...>',
      'click on a part of the object that tracking lost: 512,280@1042; what was tracked to the frame is changed, where --points says anew what the object is',
      (value) => prompts.corrections(value),
    ),
    box: collected(
      '-b, --box <x1,y1,x2,y2>',
      'box around the object: left, top, right, bottom',
      (value) => prompts.boxes(value),
    ),
    mask: collected(
      '-m, --mask <file>',
      'mask picture of the size of the plate, the object white',
      (value) => prompts.mask(value),
    ),
    frame: collected('-f, --frame <n>', frameText, (value) => prompts.frame(value)),
    object: collected(
      '--object <name>',
      'start the next object; the prompts after it belong to it (an unnamed one is called matte)',
      (value) => prompts.object(value),
    ),
    shot: valueOption(
      'What to cut out',
      '--shot <file>',
      'take clip, prompts and settings from a shot document; other options override its settings',
      (text) => parsePath(text, '--shot'),
    ),
  };
}

/** How the plate is read. */
export const sourceOptions = {
  range: valueOption('Clip', '-r, --range <first-last>', 'frames to work on: 1001-1100', (text) =>
    parseRange(text),
  ),
  rate: valueOption(
    'Clip',
    '--rate <fps>',
    'rate of a sequence: 24 (default), 25, 24000/1001',
    (text) => parseRate(text),
  ),
  startFrame: valueOption(
    'Clip',
    '--start-frame <n>',
    'number of the first frame, prompts and ranges follow (default: 0 for a movie, the number in the file name for a sequence)',
    (text) => parseFrame(text, '--start-frame'),
  ),
  missingFrames: valueOption(
    'Clip',
    '--missing-frames <policy>',
    'what a gap in a sequence becomes: error (default), hold or black',
    (text) =>
      parseChoice(text, ShotSource.shape.missingFrames.unwrap().options, '--missing-frames'),
  ),
  inputColorspace: valueOption(
    'Clip',
    '--input-colorspace <name>',
    'auto (default: EXR is linear-rec709), srgb, linear-rec709 or acescg',
    (text) =>
      parseChoice(text, ShotSource.shape.inputColorspace.unwrap().options, '--input-colorspace'),
  ),
  exposure: valueOption(
    'Clip',
    '--exposure <stops>',
    'stops added to a linear plate before the engine looks at it',
    limited('--exposure', ShotSource.shape.exposure.unwrap()),
  ),
};

/** Who tracks, and how hard. */
export const engineOptions = {
  engine: valueOption('Engine', '--engine <name>', 'auto (default), lite or sam2', (text) =>
    parseChoice(text, EngineName.options, '--engine'),
  ),
  model: valueOption(
    'Engine',
    '--model <id>',
    'model of the engine, see roto models list, or the path of a SAM 2.1 checkpoint',
    (text) => parsePath(text, '--model'),
  ),
  device: valueOption('Engine', '--device <name>', 'auto (default), cpu, cuda or cuda:1', (text) =>
    parseDevice(text),
  ),
  quality: valueOption(
    'Engine',
    '--quality <name>',
    'draft, standard (default), high or max: for sam2 the tiny, small, base-plus or large model',
    (text) => parseQuality(text),
  ),
  inputSize: valueOption(
    'Engine',
    '--input-size <n>',
    'pixels of the picture the engine looks at, one side; sam2: a multiple of 32 (default: 1024)',
    limited('--input-size', ShotEngine.shape.inputSize.unwrap(), 'whole number'),
  ),
  precision: valueOption(
    'Engine',
    '--precision <name>',
    'fp32 (default on the CPU; on CUDA it is fp16), or int8: on the CPU a fifth quicker, with slightly different masks',
    (text) => parseChoice(text, ShotEngine.shape.precision.unwrap().options, '--precision'),
  ),
};

/** Where tracking goes from a prompt. */
export const directionOptions = {
  direction: valueOption(
    'Engine',
    '--direction <name>',
    'track forward, backward or both ways (default) from the prompts',
    (text) => parseChoice(text, ShotEngine.shape.direction.unwrap().options, '--direction'),
  ),
};

/** Work on the matte after tracking, in plate pixels. */
export const matteOptions = {
  choke: valueOption(
    'Matte',
    '--choke <px>',
    'shrink the matte by this many pixels; negative grows it',
    limited('--choke', ShotMatte.shape.choke.unwrap()),
  ),
  feather: valueOption(
    'Matte',
    '--feather <px>',
    'blur the edge by this many pixels',
    limited('--feather', ShotMatte.shape.feather.unwrap()),
  ),
  fillHoles: valueOption(
    'Matte',
    '--fill-holes <px>',
    'fill holes smaller than this many pixels',
    limited('--fill-holes', ShotMatte.shape.fillHoles.unwrap(), 'whole number'),
  ),
  despeckle: valueOption(
    'Matte',
    '--despeckle <px>',
    'remove islands smaller than this many pixels',
    limited('--despeckle', ShotMatte.shape.despeckle.unwrap(), 'whole number'),
  ),
  edge: valueOption('Matte', '--edge <kind>', 'soft (default) or hard', (text) =>
    parseChoice(text, ShotMatte.shape.edge.unwrap().options, '--edge'),
  ),
};

/** Where files go. */
export const outOptions = {
  out: valueOption('Output', '-o, --out <dir>', 'folder for the files (default: out)', (text) =>
    parsePath(text, '--out'),
  ),
  overwrite: switchOption('Output', '--overwrite', 'replace files that are there already'),
};

/** Colour of the screen. */
export const screenOptions = {
  color: valueOption(
    'Output',
    '--color <hex>',
    "greenscreen: its colour (default: '#00b140')",
    (text) => parseColor(text),
  ),
  despill: switchOption(
    'Output',
    '--despill',
    'greenscreen: take the colour of plate and screen out of the edge',
  ),
};

/** What files are written. */
export const formatOptions = {
  format: valueOption(
    'Output',
    '-F, --format <list>',
    `parted by commas (default: png16): ${outputFormats.join(', ')}`,
    (text) => parseFormats(text),
  ),
  premultiplied: switchOption(
    'Output',
    '--premultiplied',
    'rgba, prores4444, webm: multiply colour by alpha',
  ),
  ...screenOptions,
};

/** Look before running, and run the same again. */
export const planOptions = {
  dryRun: switchOption(
    'Run',
    '--dry-run',
    'only say what would be done: frames, engine, time, disk and files',
  ),
  saveShot: valueOption(
    'Output',
    '--save-shot <file>',
    'write the shot document (*.roto.json) that repeats this run exactly',
    (text) => parsePath(text, '--save-shot'),
  ),
};

/** The options as the progress display wants them. */
export function displayOptions(options: {
  readonly quiet?: boolean | undefined;
  readonly input?: boolean | undefined;
}) {
  return { quiet: options.quiet ?? false, input: options.input ?? true };
}
