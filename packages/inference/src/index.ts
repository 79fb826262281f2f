export { diagnose } from './doctor.ts';
export type {
  EngineIdentity,
  EnginePrompt,
  MaskPicture,
  ObjectMask,
  Region,
} from './engine/engine.ts';
export type { EngineWork } from './engine/engine-calls.ts';
export { EnginePool, type EnginePoolOptions } from './engine/engine-pool.ts';
export { compressRuns, runLengths } from './export/rle.ts';

export type { Matte } from './matte/alpha.ts';
export { overlayColors } from './matte/overlay.ts';
export { type OverlayLayer, overlayPng } from './matte/overlay-png.ts';
export { readMaskPicture } from './matte/read-mask.ts';
export { renderMatte } from './matte/render-matte.ts';
export type { Clip, ClipInfo, DeepFrame, Frame, ReadFramesOptions } from './media/clip.ts';
export { type FfmpegTools, findFfmpeg } from './media/find-ffmpeg.ts';
export { type ClipSource, type OpenClipOptions, openClip } from './media/open-clip.ts';
export { type ImportOptions, importModel } from './models/import-model.ts';
export { modelPath, removeModel, verifyModel } from './models/manage.ts';
export { modelsFolder } from './models/models-folder.ts';
export { type PullOptions, type PullProgress, pullModel } from './models/pull.ts';
export { listModels } from './models/registry.ts';
export {
  type BrowserMovie,
  type BrowserMovieOptions,
  writeBrowserMovie,
} from './rendition/browser-movie.ts';
export { type MovieFacts, movieFacts } from './rendition/movie-facts.ts';
export { greyPng, jpegPicture, shrinkFrame } from './rendition/screen-picture.ts';
export { writeThumbnail } from './rendition/thumbnail.ts';
export { openSession } from './session/open-session.ts';
export type {
  AddPrompt,
  OpenSessionOptions,
  PropagateOptions,
  PropagateProgress,
  Session,
  SessionFrame,
  SessionMask,
} from './session/session.ts';
export { type SetupCudaOptions, setupCuda } from './setup/setup-cuda.ts';
export { type ExportTrackOptions, exportTrack } from './shot/export-track.ts';
export { planShot } from './shot/plan-shot.ts';
export type { PrepareOptions as PlanShotOptions } from './shot/prepare-run.ts';
export { type PreviewShotOptions, previewShot, type ShotPreview } from './shot/preview-shot.ts';
export { type ProbeClipOptions, probeClip } from './shot/probe-clip.ts';
export { type RunShotOptions, runShot } from './shot/run-shot.ts';
export { clearTracks } from './track/remove-tracks.ts';
export { trackFiles } from './track/track-files.ts';
export { type CacheOptions, derivedWeights, listTracks } from './track/tracks.ts';
