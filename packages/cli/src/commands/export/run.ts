import { resolve } from 'node:path';
import { RotoError, type ShotOutput } from '@roto/sdk/contract';
import { backendFor } from '../../backend/backend-for.ts';
import { printResult } from '../../io/output.ts';
import { matteSettings } from '../../shot/build-shot.ts';
import type { CommandContext } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import type { OptionValues } from '../option-spec.ts';
import { resultLines } from '../result-lines.ts';
import { type WriterOptions, withProgress, writeOptionsOf } from '../run-shot-command.ts';
import type { matteOptions, planOptions, sourceOptions } from '../shared-options.ts';
import { isTrack, isTrackId } from '../track-argument.ts';

/** Writes a track that is already made. */
export async function runExportCommand(
  { track, outputs }: { readonly track: string; readonly outputs: ShotOutput[] },
  options: WriterOptions &
    OptionValues<typeof matteOptions> &
    Pick<OptionValues<typeof sourceOptions>, 'range'> &
    OptionValues<typeof planOptions>,
  context: CommandContext,
): Promise<'ok'> {
  const { io } = context;
  const mode = modeOf(options);
  if (!isTrack(track)) throw notATrack(track);
  refuseTracking(options);
  const backend = await backendFor(options, context);
  const { range } = options;
  const result = await withProgress({ io, mode, options, range }, (onEvent) =>
    backend.exportTrack(isTrackId(track) ? track : resolve(io.cwd, track), {
      ...writeOptionsOf(options, io.cwd),
      outputs,
      matte: matteSettings(options),
      ...(range === undefined ? {} : { range }),
      signal: io.signal,
      onEvent,
    }),
  );
  const lines = resultLines(result, { warningsTold: options.quiet !== true });
  printResult(io, mode, { document: result, lines });
  return 'ok';
}

function notATrack(track: string): RotoError {
  return new RotoError(
    'track_not_found',
    `Expected a track such as trk_4f1c, a task such as tsk_... or a shot document *.roto.json but received ${JSON.stringify(track)}.`,
    {
      param: 'track',
      hint: 'roto cache list shows the tracks of this machine, roto tasks list the tasks of a server.',
    },
  );
}

/** Options that only mean something where there is still something to track. */
function refuseTracking(options: OptionValues<typeof planOptions>): void {
  const flag =
    options.dryRun === true
      ? '--dry-run'
      : options.saveShot === undefined
        ? undefined
        : '--save-shot';
  if (flag === undefined) return;
  throw new RotoError(
    'invalid_argument',
    `Expected no ${flag} with a track that is already made.`,
    {
      param: flag,
      hint: 'Give the clip or --shot instead of the track.',
    },
  );
}
