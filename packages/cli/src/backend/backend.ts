import type {
  CudaSetup,
  Diagnosis,
  FrameRange,
  ModelSummary,
  Plan,
  PreviewSummary,
  PulledModel,
  Result,
  ResultClip,
  RunEvent,
  Shot,
  ShotMatte,
  ShotOutput,
  ShotSource,
  TrackSummary,
  VerifiedModel,
} from '@roto/sdk/contract';

/** Where a command looks for and keeps things, and how it is stopped. */
export interface BackendOptions {
  /** Folder that relative paths of a shot start from. */
  readonly base?: string;
  /** Folder of the track cache. */
  readonly cache?: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
}

/** What a command that writes files says on top. */
export interface WriteOptions extends BackendOptions {
  /** Folder for the outputs, absolute. */
  readonly out: string;
  readonly overwrite?: boolean;
}

export interface PreviewOptions extends BackendOptions {
  /** The first prompted frame unless said. */
  readonly frame?: number;
  /** Folder for the mattes and the overlay; nothing is written unless said. */
  readonly out?: string;
  readonly overwrite?: boolean;
}

/** What a track is written as. */
export interface ExportOptions extends WriteOptions {
  readonly outputs: ShotOutput[];
  /** Overrides what the track was made with. */
  readonly matte?: Partial<ShotMatte>;
  readonly range?: FrameRange;
}

/** One masked frame with its picture. */
export interface Preview extends PreviewSummary {
  /** The plate with the mattes laid over it: rows from the top, 8-bit sRGB. */
  readonly overlay: { readonly width: number; readonly height: number; readonly rgb: Uint8Array };
  /** The same picture as a PNG file. */
  readonly overlayPng: Uint8Array;
}

/** How far a download is, in bytes. */
export interface PullProgress {
  readonly done: number;
  readonly total: number;
  /** Whether another process fetches it and this one waits for that. */
  readonly waiting: boolean;
}

/** What an import says on top. */
export interface ImportOptions {
  /** Architecture the file must be of. */
  readonly as?: string;
  /** Name the model is used by. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Runs shots, on this machine or on a server. Every failure is a RotoError. */
export interface ShotBackend {
  /** What is known of the clip without decoding it. */
  probeClip(source: ShotSource, options: BackendOptions): Promise<ResultClip>;
  runShot(shot: Shot, options: WriteOptions): Promise<Result>;
  planShot(shot: Shot, options: WriteOptions): Promise<Plan>;
  previewShot(shot: Shot, options: PreviewOptions): Promise<Preview>;
  /** `track`: an id, the beginning of one, or the path of a shot document; a task of a server. */
  exportTrack(track: string, options: ExportOptions): Promise<Result>;
}

/** Runs shots on this machine, and looks after what it has for that. */
export interface Backend extends ShotBackend {
  listTracks(options: Pick<BackendOptions, 'cache'>): Promise<TrackSummary[]>;
  /** Weights that engines derived from checkpoints and keep beside the tracks. */
  derivedWeights(options: Pick<BackendOptions, 'cache'>): Promise<{ files: number; bytes: number }>;
  /** Every track unless some are named, and then the derived weights too. */
  clearTracks(
    options: Pick<BackendOptions, 'cache'> & { readonly tracks?: readonly string[] },
  ): Promise<{ tracks: number; bytes: number }>;
  listModels(): Promise<ModelSummary[]>;
  pullModel(
    id: string,
    options: {
      readonly signal?: AbortSignal;
      readonly onProgress?: (progress: PullProgress) => void;
    },
  ): Promise<PulledModel>;
  verifyModel(id: string, options: Pick<BackendOptions, 'signal'>): Promise<VerifiedModel>;
  importModel(file: string, options: ImportOptions): Promise<ModelSummary>;
  removeModel(
    id: string,
    options: Pick<BackendOptions, 'signal'>,
  ): Promise<{ readonly id: string; readonly bytes: number }>;
  /** Absolute path of a model's file or folder. */
  modelPath(id: string): Promise<string>;
  /** Absolute path of the folder models are installed into. */
  modelsFolder(): string;
  diagnose(options: Pick<BackendOptions, 'cache'>): Promise<Diagnosis>;
  /** Installs the libraries by which the engines of this machine reach CUDA. */
  setupCuda(options: {
    /** Package fetched elsewhere. */
    readonly file?: string;
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, total: number) => void;
  }): Promise<CudaSetup>;
}

/** Gives the backend when a command needs it, and not before. */
export type LoadBackend = () => Promise<Backend>;
