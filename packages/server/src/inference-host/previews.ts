import {
  compressRuns,
  type EnginePool,
  type Frame,
  listModels,
  type Matte,
  openSession,
  overlayColors,
  overlayPng,
  renderMatte,
  runLengths,
  type Session,
  type SessionMask,
} from '@roto/inference';
import type { RunIdentity } from '@roto/sdk/contract';
import type { PreviewAnswer, PreviewArgument } from '../host/host-calls.ts';

/** Sessions that stay open for another look at their videos. */
const mostSessions = 4;
const tiny = 'sam2.1-tiny';

/** Looks at frames, with one session a video: the model is loaded, the clip is open. */
export class Previews {
  readonly #engines: EnginePool;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(engines: EnginePool) {
    this.#engines = engines;
  }

  async look(asked: PreviewArgument, signal: AbortSignal): Promise<PreviewAnswer> {
    const session = await this.#session(asked, signal);
    const before = await encoderRuns(session);
    const { frame } = asked;
    const masks: SessionMask[] = [];
    for (const { id, name, points, box } of asked.objects) {
      // What the last look said of it counts no more.
      session.removeObject(id);
      const said = { points, ...(box === undefined ? {} : { box }), quick: true };
      masks.push(await session.addPrompt({ object: { id, name }, frame, ...said }, signal));
    }
    const plate = await session.frame(frame, signal);
    const layers = asked.objects.map(({ color }, index) => ({
      matte: renderMatte(masks[index], plate),
      color: color ?? overlayColors[index % overlayColors.length] ?? '#ff3b30',
    }));
    return {
      frame,
      objects: masks.map(({ id, name, score }, index) => ({
        id,
        name,
        score,
        rle: rleOf(layers[index]?.matte, plate),
      })),
      run: runOf(session),
      overlayPng: await overlayPng(plate, layers),
      encoderRuns: (await encoderRuns(session)) - before,
    };
  }

  /** Closes the session of a video, if one is open. */
  async forget(video: string): Promise<void> {
    const session = this.#sessions.get(video);
    this.#sessions.delete(video);
    await (await session?.catch(() => undefined))?.close();
  }

  async #session({ video, source, cache }: PreviewArgument, signal: AbortSignal): Promise<Session> {
    const known = this.#sessions.get(video);
    if (known !== undefined) {
      // Moved to the end: the first one is the one used longest ago.
      this.#sessions.delete(video);
      this.#sessions.set(video, known);
      return known;
    }
    const oldest = this.#sessions.keys().next().value;
    if (this.#sessions.size >= mostSessions && oldest !== undefined) await this.forget(oldest);
    const engines = this.#engines;
    const opening = lightEngine().then((engine) =>
      openSession({ source, engine, cache, engines, signal }),
    );
    this.#sessions.set(video, opening);
    opening.catch(() => this.#sessions.delete(video));
    return opening;
  }
}

/** The smallest model of the better engine, else the one that is always there. */
async function lightEngine() {
  const models = await listModels();
  const hasTiny = models.some(({ id, installed }) => installed && id === tiny);
  return hasTiny
    ? { name: 'sam2' as const, model: tiny }
    : { name: 'lite' as const, quality: 'draft' as const };
}

function runOf({ engine: { engine, model, device } }: Session): RunIdentity {
  return { engine, model: { id: model.id, sha256: model.sha256 }, device };
}

async function encoderRuns(session: Session): Promise<number> {
  return (await session.work()).counts['encode'] ?? 0;
}

function rleOf(matte: Matte | undefined, { width, height }: Frame) {
  const alpha = matte?.alpha ?? new Uint16Array(width * height);
  const size: [number, number] = [height, width];
  return { size, counts: compressRuns(runLengths(alpha, width, height)) };
}
