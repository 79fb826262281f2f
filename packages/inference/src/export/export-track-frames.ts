import { RotoError } from '@roto/sdk/contract';
import type { ObjectMask } from '../engine/engine.ts';
import { type Matte, matteArea } from '../matte/alpha.ts';
import { renderMatte } from '../matte/render-matte.ts';
import { uniteMattes } from '../matte/union.ts';
import type { Clip, DeepFrame, Frame } from '../media/clip.ts';
import { openClip } from '../media/open-clip.ts';
import { throwIfStopped } from '../stop.ts';
import { StageClock } from '../timing/stage-clock.ts';
import { type ObjectPlan, planObject } from '../track/plan.ts';
import { type CachedMask, readMaskAt } from '../track/read-mask-at.ts';
import { TrackStore } from '../track/store.ts';
import type { TrackingNews } from '../track/tracking-news.ts';
import { createWriter, needsPlate } from './create-writer.ts';
import type {
  ExportedObject,
  ExportJob,
  ExportOutput,
  ExportProgress,
  ExportReport,
} from './export-job.ts';
import type { MatteWriter } from './writer.ts';

interface OpenOutput {
  readonly output: ExportOutput;
  readonly writer: MatteWriter;
}

interface RenderedObject {
  readonly id: number;
  readonly name: string;
  readonly mask: ObjectMask | undefined;
  readonly matte: Matte;
}

export interface ExportFramesOptions {
  readonly signal: AbortSignal;
  /** What is heard of the tracking of frames that the cache lacks. */
  readonly news: TrackingNews;
  readonly onProgress: (progress: ExportProgress) => void;
}

/**
 * Reads the cache, renders mattes and writes every output, frame by frame in rising order. Nothing
 * is tracked here; what is being tracked elsewhere is waited for.
 *
 * @throws RotoError `track_incomplete` where the cache lacks a frame; what the writers throw
 */
export async function exportTrackFrames(
  job: ExportJob,
  options: ExportFramesOptions,
): Promise<ExportReport> {
  const { signal } = options;
  const warnings: { code: string; message: string }[] = [];
  const clip = await openClip(job.source, { base: job.base, cacheDir: job.cacheDir, signal });
  const store = new TrackStore(job.storeFolder);
  const outputs: OpenOutput[] = [];
  try {
    for (const output of job.outputs) {
      const warn = (code: string, message: string): void => void warnings.push({ code, message });
      outputs.push({ output, writer: await openWriter(job, output, clip, signal, warn) });
    }
    const clock = new StageClock();
    const run = { ...options, job, clip, store, outputs, clock };
    const objects = await exportFrames(run);
    for (const { writer } of outputs) await clock.time('write', writer.complete());
    // The last moment to stop: what is left to do is to give whole files their names.
    throwIfStopped(signal);
    const written = [];
    for (const { writer } of outputs) written.push(await clock.time('write', writer.publish()));
    return { objects, outputs: written, warnings, timings: clock.seconds() };
  } catch (error) {
    await Promise.allSettled(outputs.map(({ writer }) => writer.abort()));
    throw error;
  } finally {
    await clip.close();
    await store.close();
  }
}

interface ExportRun extends ExportFramesOptions {
  readonly job: ExportJob;
  readonly clip: Clip;
  readonly store: TrackStore;
  readonly outputs: readonly OpenOutput[];
  readonly clock: StageClock;
}

async function exportFrames(run: ExportRun): Promise<ExportedObject[]> {
  const { job, clip, clock, signal } = run;
  const plans = job.objects.map((object) => planObject(object.planOptions));
  const report = job.objects.map(({ id, name }): GrowingReport => ({ id, name, frames: [] }));
  const deep = job.outputs.some((output) => needsPlate(output.format));
  const plates = clip.frames({ range: job.range, signal });
  const deepPlates = deep ? clip.deepFrames({ range: job.range, signal }) : undefined;
  let writing: Promise<void> = Promise.resolve();
  let done = 0;
  const total = job.range.last - job.range.first + 1;
  try {
    for (;;) {
      const plate = await clock.time('decode', plates.next());
      if (plate.done) break;
      const deepPlate = deepPlates && (await clock.time('decode', deepPlates.next())).value;
      throwIfStopped(signal);
      const rendered = await renderObjects(run, plans, plate.value);
      for (const [index, object] of rendered.entries()) {
        report[index]?.frames.push(frameReport(plate.value.number, object));
      }
      await clock.time('write', writing);
      writing = writeFrame(run, plate.value.number, rendered, deepPlate ?? undefined);
      // A failure is met at the next await; until then it must not count as unhandled.
      writing.catch(() => undefined);
      done += 1;
      run.onProgress({ frame: plate.value.number, done, total, scores: scoresOf(rendered) });
    }
    await clock.time('write', writing);
  } finally {
    await Promise.allSettled([writing, plates.return(), deepPlates?.return()]);
  }
  return report;
}

type ExportedFrame = ExportedObject['frames'][number];

interface GrowingReport extends ExportedObject {
  readonly frames: ExportedFrame[];
}

async function renderObjects(
  run: ExportRun,
  plans: readonly ObjectPlan[],
  plate: Frame,
): Promise<RenderedObject[]> {
  const rendered: RenderedObject[] = [];
  for (const [index, object] of run.job.objects.entries()) {
    const plan = plans[index];
    if (plan === undefined) continue;
    const cached = await readTrackedMask(run, plan, plate.number);
    if (cached.state === 'missing') throw notTracked(object.name, plate.number);
    const mask = cached.state === 'tracked' ? cached.mask : undefined;
    const matte = run.clock.timeSync('matte', () => renderMatte(mask, plate, run.job.matte));
    rendered.push({ id: object.id, name: object.name, mask, matte });
  }
  return rendered;
}

/** Reads a frame from the cache; where it is not there yet, waits until it is tracked. */
async function readTrackedMask(
  { clock, store, news, signal }: ExportRun,
  plan: ObjectPlan,
  frame: number,
): Promise<CachedMask> {
  let cached = await clock.time('read', readMaskAt(store, plan, frame));
  while (cached.state === 'missing') {
    const { steps, over } = news;
    await store.readOn();
    cached = await clock.time('read', readMaskAt(store, plan, frame));
    if (cached.state !== 'missing' || over) break;
    await news.further(steps, signal);
    throwIfStopped(signal);
  }
  return cached;
}

function frameReport(frame: number, { mask, matte }: RenderedObject): ExportedFrame {
  const score = Math.min(1, Math.max(0, mask?.score ?? 0));
  return { frame, score, present: score > 0.5, area: matteArea(matte) };
}

function scoresOf(rendered: readonly RenderedObject[]): Record<string, number> {
  return Object.fromEntries(
    rendered.flatMap(({ id, mask }) => (mask === undefined ? [] : [[id, mask.score]])),
  );
}

async function writeFrame(
  run: ExportRun,
  number: number,
  rendered: readonly RenderedObject[],
  plate: DeepFrame | undefined,
): Promise<void> {
  await Promise.all(
    run.outputs.map(async ({ output, writer }) => {
      if (output.object === undefined) {
        const matte = uniteMattes(rendered.map((object) => object.matte));
        return writer.write({ number, matte, mask: undefined, plate });
      }
      const object = rendered.find((candidate) => candidate.name === output.object);
      if (object === undefined) throw new RotoError('internal', `No object ${output.object}.`);
      return writer.write({ number, matte: object.matte, mask: object.mask, plate });
    }),
  );
}

async function openWriter(
  job: ExportJob,
  output: ExportOutput,
  clip: Clip,
  signal: AbortSignal,
  warn: (code: string, message: string) => void,
): Promise<MatteWriter> {
  return createWriter(output.format, {
    clip: clip.info,
    firstFrame: job.range.first,
    lastFrame: job.range.last,
    object: output.object,
    path: output.path,
    premultiplied: output.premultiplied,
    color: output.color,
    despill: output.despill,
    stamp: job.stamp,
    signal,
    warn,
  });
}

function notTracked(object: string, frame: number): RotoError {
  return new RotoError(
    'track_incomplete',
    `Frame ${frame} of ${object} is not in the track cache.`,
    {
      hint: 'Run roto mask on the clip first; it goes on where tracking stopped.',
    },
  );
}
