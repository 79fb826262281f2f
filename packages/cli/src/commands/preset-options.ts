import { ShotEngine } from '@roto/sdk/contract';
import { parseChoice } from '../args/choices.ts';
import { limited } from '../args/limited.ts';
import { type OptionSpec, valueOption } from './option-spec.ts';

const { shape } = ShotEngine;

/** How the sam2 engine uses its memory: a preset, and each part of it. */
export const presetOptions = {
  preset: valueOption(
    'SAM 2',
    '--preset <name>',
    'product (default), or benchmark, which is SAM 2 as its authors measure it',
    (text) => parseChoice(text, shape.preset.unwrap().options, '--preset'),
  ),
  retrack: valueOption(
    'SAM 2',
    '--retrack <what>',
    'what a new prompt changes: span, up to the prompted frames beside it (product), or all (benchmark)',
    (text) => parseChoice(text, shape.retrack.unwrap().options, '--retrack'),
  ),
  fillHoleArea: valueOption(
    'SAM 2',
    '--fill-hole-area <n>',
    "fill holes of at most so many cells of the engine's own mask (product: 8, benchmark: 0)",
    limited('--fill-hole-area', shape.fillHoleArea.unwrap(), 'whole number'),
  ),
  memoryFrames: valueOption(
    'SAM 2',
    '--memory-frames <n>',
    'frames in memory, a prompted one included (7); fewer are faster',
    limited('--memory-frames', shape.memoryFrames.unwrap(), 'whole number'),
  ),
  memoryStride: valueOption(
    'SAM 2',
    '--memory-stride <n>',
    'distance in frames between memories (1)',
    limited('--memory-stride', shape.memoryStride.unwrap(), 'whole number'),
  ),
  maxCondFrames: valueOption(
    'SAM 2',
    '--max-cond-frames <n>',
    'prompted frames in memory at most, the nearest; 0 for all (product: 4, benchmark: 0)',
    limited('--max-cond-frames', shape.maxCondFrames.unwrap(), 'whole number'),
  ),
  stableMultimask: onOff(
    '--stable-multimask <state>',
    'on or off: take the best of three masks where the first is unstable (product: on, benchmark: off)',
  ),
  stabilityDelta: valueOption(
    'SAM 2',
    '--stability-delta <n>',
    'logits that the threshold is moved by to see whether a mask is stable (0.05)',
    limited('--stability-delta', shape.stabilityDelta.unwrap()),
  ),
  stabilityThreshold: valueOption(
    'SAM 2',
    '--stability-threshold <n>',
    'part of a stable mask that stays then, 0 to 1 (0.98)',
    limited('--stability-threshold', shape.stabilityThreshold.unwrap()),
  ),
  binarizePrompts: onOff(
    '--binarize-prompts <state>',
    'on or off: remember prompted frames as 0 and 1 (product: on, benchmark: off)',
  ),
};

/** A part of a preset that is or is not. */
function onOff(flags: string, text: string): OptionSpec<boolean> {
  const flag = flags.slice(0, flags.indexOf(' '));
  const read = (word: string) => parseChoice(word, ['on', 'off'], flag) === 'on';
  return valueOption('SAM 2', flags, text, read);
}
