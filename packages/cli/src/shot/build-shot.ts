import { dirname, resolve } from 'node:path';
import {
  type FrameRange,
  isModelPath,
  parseShot,
  type presetPartNames,
  type ResultClip,
  RotoError,
  Shot,
  type ShotInput,
  type ShotOutput,
  type ShotSource,
} from '@roto/sdk/contract';
import { needsClip, type PromptOptions, toShotObjects } from '../args/prompt-options.ts';
import { isVideoId } from '../backend/remote/video-id.ts';
import type { OptionValues } from '../commands/option-spec.ts';
import type { presetOptions } from '../commands/preset-options.ts';
import type {
  directionOptions,
  engineOptions,
  matteOptions,
  sourceOptions,
} from '../commands/shared-options.ts';
import { readShot } from './read-shot.ts';
import { renumberShot } from './shot-paths.ts';

type Settings = OptionValues<typeof sourceOptions> &
  OptionValues<typeof engineOptions> &
  OptionValues<typeof presetOptions> &
  OptionValues<typeof directionOptions> &
  OptionValues<typeof matteOptions>;

/** What the command line said of a shot. */
export interface ShotRequest {
  /** The clip named by the first argument. */
  readonly clip: string | undefined;
  /** Path of a shot document. */
  readonly document: string | undefined;
  readonly prompts: Pick<PromptOptions, 'given' | 'frames' | 'objects'>;
  readonly settings: Settings;
  /** Outputs of the command line; those of the document, else `fallback`, where undefined. */
  readonly outputs: readonly ShotOutput[] | undefined;
  readonly fallback: readonly ShotOutput[];
}

/** What building a shot needs of the world. */
export interface ShotSurroundings {
  readonly cwd: string;
  /** Looks at a clip; only called where its size or first frame is needed. */
  readonly probe: (source: ShotSource, base: string) => Promise<ResultClip>;
}

/** A shot, and the folder that the relative paths in it start from. */
export interface BuiltShot {
  readonly shot: Shot;
  readonly base: string;
}

/**
 * Makes the shot that the command line asks for, from its options or from a document that they
 * override.
 * @throws RotoError `invalid_argument`, `invalid_shot`, `prompt_missing`, `source_not_found`
 */
export function buildShot(request: ShotRequest, around: ShotSurroundings): Promise<BuiltShot> {
  return request.document === undefined
    ? shotFromOptions(request, around)
    : shotFromDocument(request, request.document, around);
}

async function shotFromOptions(request: ShotRequest, around: ShotSurroundings): Promise<BuiltShot> {
  const { settings, prompts } = request;
  if (request.clip === undefined) {
    throw new RotoError('invalid_argument', 'Expected a clip, or a shot document with --shot.', {
      param: 'clip',
      hint: 'roto mask shot.mp4 --points 420,310 --local',
    });
  }
  const base = around.cwd;
  const said = prompts.objects();
  const source = Shot.shape.source.parse({ path: request.clip, ...sourceSettings(settings) });
  const place = needsClip(said, source.range?.first)
    ? await placeOf(source, () => around.probe(source, base))
    : { width: 0, height: 0, firstFrame: source.range?.first ?? 0 };
  const input: ShotInput = {
    schema: 'roto.shot/1',
    source,
    objects: toShotObjects(said, place),
    engine: engineSettings(settings),
    matte: matteSettings(settings),
    outputs: [...(request.outputs ?? request.fallback)],
  };
  return { shot: parseShot(input), base };
}

async function placeOf(source: ShotSource, probe: () => Promise<ResultClip>) {
  const clip = await probe();
  const firstFrame = source.range?.first ?? clip.firstFrame;
  return { width: clip.width, height: clip.height, firstFrame };
}

async function shotFromDocument(
  request: ShotRequest,
  document: string,
  around: ShotSurroundings,
): Promise<BuiltShot> {
  const { settings } = request;
  if (request.prompts.given) {
    throw new RotoError(
      'invalid_argument',
      'Expected prompts from --shot or as options, not both.',
      {
        param: '--shot',
        hint: 'Add the prompt to the shot document.',
      },
    );
  }
  const path = resolve(around.cwd, document);
  const base = dirname(path);
  const read = await readShot(path);
  const moved = await renumbered(read, settings.startFrame, (source) => around.probe(source, base));
  const { outputs } = moved;
  const shot = parseShot({
    ...moved,
    source: {
      ...moved.source,
      ...(request.clip === undefined ? {} : { path: clipPath(around.cwd, request.clip) }),
      ...sourceSettings(settings),
    },
    engine: { ...moved.engine, ...fromHere(engineSettings(settings), around.cwd) },
    matte: { ...moved.matte, ...matteSettings(settings) },
    outputs: request.outputs ?? (outputs.length > 0 ? outputs : request.fallback),
  });
  return { shot, base };
}

/** The id of a video is no path. */
function clipPath(cwd: string, clip: string): string {
  return isVideoId(clip) ? clip : resolve(cwd, clip);
}

/** `--start-frame` gives the first frame another number; what the document says goes with it. */
async function renumbered(
  shot: Shot,
  startFrame: number | undefined,
  probe: (source: ShotSource) => Promise<ResultClip>,
): Promise<Shot> {
  if (startFrame === undefined) return shot;
  const { range: _range, ...source } = shot.source;
  const current = shot.source.startFrame ?? (await probe(source)).firstFrame;
  return renumberShot(shot, startFrame - current);
}

function sourceSettings(settings: Settings): Partial<ShotSource> & { range?: FrameRange } {
  const { startFrame, rate, range, missingFrames, inputColorspace, exposure } = settings;
  return given({ startFrame, rate, range, missingFrames, inputColorspace, exposure });
}

function engineSettings(settings: Settings) {
  const { engine: name, model, device, quality, inputSize, precision } = settings;
  const { direction, preset } = settings;
  const where = { name, model, device, quality, inputSize, precision };
  return given({ ...where, direction, preset, ...parts(settings) });
}

/** Parts of a preset by their names in a shot document. */
function parts(settings: OptionValues<typeof presetOptions>) {
  const { stableMultimask, binarizePrompts, ...same } = settings;
  return {
    fillHoleArea: same.fillHoleArea,
    memoryFrames: same.memoryFrames,
    memoryStride: same.memoryStride,
    maxCondFrames: same.maxCondFrames,
    multimaskByStability: stableMultimask,
    stabilityDelta: same.stabilityDelta,
    stabilityThreshold: same.stabilityThreshold,
    binarizeMaskFromPoints: binarizePrompts,
    retrack: same.retrack,
  } satisfies Record<(typeof presetPartNames)[number], unknown>;
}

/** A checkpoint named on the command line lies where that was typed, not beside the document. */
function fromHere<T extends { readonly model?: string }>(settings: T, cwd: string): T {
  const { model } = settings;
  if (model === undefined || !isModelPath(model)) return settings;
  return { ...settings, model: resolve(cwd, model) };
}

/** The matte work the command line asks for, and nothing where it says nothing. */
export function matteSettings(settings: OptionValues<typeof matteOptions>) {
  const { choke, feather, fillHoles, despeckle, edge } = settings;
  return given({ choke, feather, fillHoles, despeckle, edge });
}

/** The fields that have a value. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  // biome-ignore lint/plugin: fromEntries forgets the keys; they are those of `fields`, fewer of them
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
