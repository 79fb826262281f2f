import { resolve } from 'node:path';
import { type FrameRange, type Result, RotoError, type RunEvent } from '@roto/sdk/contract';
import type { ShotBackend, WriteOptions } from '../backend/backend.ts';
import { backendFor } from '../backend/backend-for.ts';
import { printResult } from '../io/output.ts';
import type { OutputMode } from '../io/output-mode.ts';
import { createReporter, type Reporter } from '../io/reporter.ts';
import { type BuiltShot, buildShot, type ShotRequest } from '../shot/build-shot.ts';
import { prepareShotFile, type ShotFile } from '../shot/save-shot.ts';
import type { CommandContext } from './command-spec.ts';
import { modeOf } from './mode.ts';
import type { OptionValues } from './option-spec.ts';
import { planLines } from './plan-lines.ts';
import { resultLines } from './result-lines.ts';
import {
  displayOptions,
  type outOptions,
  type planOptions,
  type runOptions,
  type streamOptions,
} from './shared-options.ts';

/** The options of every command that writes mattes. */
export type WriterOptions = OptionValues<typeof runOptions> &
  OptionValues<typeof streamOptions> &
  OptionValues<typeof outOptions>;

/** Folder for the files where none is named. */
const defaultOut = 'out';

/** Tracks a shot and writes it, or with `--dry-run` says what that would be. */
export async function runShotCommand(
  request: ShotRequest,
  options: WriterOptions & OptionValues<typeof planOptions>,
  context: CommandContext,
): Promise<'ok'> {
  const { io } = context;
  const mode = modeOf(options);
  refuseFrameWithDocument(request);
  const saveAt = options.saveShot === undefined ? undefined : resolve(io.cwd, options.saveShot);
  const file =
    saveAt === undefined ? undefined : await prepareShotFile(saveAt, options.overwrite === true);
  const backend = await backendFor(options, context);
  const { signal } = io;
  const cache = cacheOf(options, io.cwd);
  const early = earlyProgress({ io, mode, options, range: undefined });
  const { onEvent } = early;
  const built = await buildShot(request, {
    cwd: io.cwd,
    probe: (source, base) => backend.probeClip(source, { base, signal, onEvent, ...cache }),
  }).finally(() => early.close());
  const writeOptions = { ...writeOptionsOf(options, io.cwd), base: built.base, signal };
  if (options.dryRun === true) {
    const plan = await backend.planShot(built.shot, writeOptions);
    await file?.write(built.shot, built.base, plan);
    printResult(io, mode, { document: plan, lines: planLines(plan) });
    return 'ok';
  }
  const work = { backend, built, file, writeOptions };
  const result = await withProgress({ io, mode, options, range: built.shot.source.range }, (show) =>
    runAndSave(work, show),
  );
  const lines = resultLines(result, { warningsTold: options.quiet !== true });
  printResult(io, mode, { document: result, lines });
  return 'ok';
}

/** The prompts of a document all carry their frame. */
function refuseFrameWithDocument({ document, prompts }: ShotRequest): void {
  if (document === undefined || prompts.frames.length === 0) return;
  throw new RotoError(
    'invalid_argument',
    'Expected no --frame with --shot, whose prompts carry their frames.',
    { param: '--frame', hint: 'The frames to work on are those of --range.' },
  );
}

interface RunWork {
  readonly backend: ShotBackend;
  readonly built: BuiltShot;
  readonly file: ShotFile | undefined;
  readonly writeOptions: WriteOptions;
}

/** The document is written once the engine is known, so that a stopped run can be repeated too. */
async function runAndSave(work: RunWork, show: (event: RunEvent) => void): Promise<Result> {
  const { backend, built, file, writeOptions } = work;
  let saved: Promise<void> | undefined;
  const onEvent = (event: RunEvent) => {
    if (event.event === 'start' && file !== undefined) {
      saved = file.write(built.shot, built.base, event);
      // A failure is thrown where the promise is awaited, below; until then it is nobody's.
      saved.catch(() => undefined);
    }
    show(event);
  };
  try {
    return await backend.runShot(built.shot, { ...writeOptions, onEvent });
  } finally {
    await saved;
  }
}

interface ProgressPlace {
  readonly io: CommandContext['io'];
  readonly mode: OutputMode;
  readonly options: WriterOptions;
  readonly range: FrameRange | undefined;
}

/** Shows what happens before a run, if anything does: a clip may have to be sent first. */
export function earlyProgress({ io, mode, options }: ProgressPlace) {
  let reporter: Promise<Reporter> | undefined;
  return {
    onEvent(event: RunEvent) {
      reporter ??= createReporter(io, { mode, ...displayOptions(options) });
      void reporter.then((one) => one.onEvent(event));
    },
    async close() {
      await (await reporter)?.close();
    },
  };
}

/** Shows the events of some work while it runs. */
export async function withProgress(
  { io, mode, options, range }: ProgressPlace,
  work: (show: (event: RunEvent) => void) => Promise<Result>,
): Promise<Result> {
  const reporter = await createReporter(io, {
    mode,
    ...displayOptions(options),
    ...(range === undefined ? {} : { range }),
  });
  try {
    return await work((event) => reporter.onEvent(event));
  } finally {
    await reporter.close();
  }
}

/** Folder, cache and permission to overwrite, with absolute paths. */
export function writeOptionsOf(options: WriterOptions, cwd: string): WriteOptions {
  return {
    out: resolve(cwd, options.out ?? defaultOut),
    overwrite: options.overwrite ?? false,
    ...cacheOf(options, cwd),
  };
}

/** The cache folder, where one is named. */
export function cacheOf(
  options: { readonly cache?: string | undefined },
  cwd: string,
): { cache?: string } {
  return options.cache === undefined ? {} : { cache: resolve(cwd, options.cache) };
}
