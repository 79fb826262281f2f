import {
  presetPartNames,
  type ResultWarning,
  RotoError,
  type ShotEngine,
} from '@roto/sdk/contract';
import type { EngineConfig } from '../engine/engine.ts';
import { rulesOf } from '../engine/rules-of.ts';
import { chooseDevice } from './choose-device.ts';
import { chooseModel } from './choose-model.ts';

export interface ResolvedEngine {
  readonly config: EngineConfig;
  /** What a person should know of what runs, where it is not what they may expect. */
  readonly warnings: readonly ResultWarning[];
}

export interface ResolveEngineOptions {
  /** Folder that the relative path of a checkpoint starts from; the current one unless said. */
  readonly base?: string;
  /** Whether it is for a quick look at one frame, which a small model is enough for. */
  readonly light?: boolean;
}

/** Sides of the sam2 engine's square have to be whole numbers of cells of its coarsest map. */
const sam2Step = 32;
const sam2InputSize = 1024;

/**
 * What a shot asks for as what this machine runs.
 * @throws RotoError `model_missing` where no such model is installed, `model_corrupt`,
 * `model_unsupported`, `device_unavailable` where the device asked for cannot run,
 * `invalid_argument` for an input size or a precision the engine cannot have
 */
export async function resolveEngine(
  wanted: ShotEngine,
  options: ResolveEngineOptions = {},
): Promise<ResolvedEngine> {
  const { base = '.', light = false } = options;
  const { chosen, warnings } = await chooseModel(wanted, { base, light });
  const device = await chooseDevice(wanted.device, chosen.engine);
  const { inputSize } = wanted;
  if (chosen.engine === 'lite') {
    const quality = wanted.quality === 'draft' ? 'draft' : 'standard';
    const size = inputSize === undefined ? {} : { inputSize };
    const config: EngineConfig = { ...chosen, device, quality, ...size };
    return { config, warnings: [...warnings, ...ignoredParts(wanted)] };
  }
  checkInputSize(inputSize);
  const { precision } = wanted;
  checkPrecision(precision, device);
  const config: EngineConfig = {
    ...chosen,
    device,
    inputSize: inputSize ?? sam2InputSize,
    ...(precision === undefined ? {} : { precision }),
    rules: rulesOf(wanted),
  };
  return { config, warnings };
}

function checkPrecision(precision: ShotEngine['precision'], device: string): void {
  if (precision !== 'int8' || device === 'cpu') return;
  throw new RotoError(
    'invalid_argument',
    `Expected the device cpu for the precision int8 but it is ${device}.`,
    { param: 'precision', hint: 'Leave the precision out.' },
  );
}

function checkInputSize(size: number | undefined): void {
  if (size === undefined || size % sam2Step === 0) return;
  const below = Math.floor(size / sam2Step) * sam2Step;
  throw new RotoError(
    'invalid_argument',
    `Expected an input size of the sam2 engine that is a multiple of ${sam2Step} but received ${size}.`,
    { param: 'inputSize', hint: `${below} and ${below + sam2Step} are the nearest.` },
  );
}

/** Presets, their parts and more that the lite engine has no use for. */
function ignoredParts(wanted: ShotEngine): ResultWarning[] {
  const said = presetPartNames.filter((name) => wanted[name] !== undefined);
  const preset = wanted.preset === 'product' ? [] : ['preset'];
  const precision = wanted.precision === undefined ? [] : ['precision'];
  const ignored = [...preset, ...precision, ...said];
  if (ignored.length === 0) return [];
  const message = `The lite engine has no presets or precisions: what the shot says of ${ignored.join(', ')} counts for nothing.`;
  return [{ code: 'option_ignored', message }];
}
