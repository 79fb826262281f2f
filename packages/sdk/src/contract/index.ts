export { Diagnosis, DiagnosisProblem, DoctorDocument } from './doctor.ts';
export {
  type ErrorCode,
  ErrorDocument,
  type ErrorKind,
  errorKinds,
  isErrorCode,
  RotoError,
  type RotoErrorOptions,
} from './errors.ts';
export { ProgressEvent, RunEvent } from './events.ts';
export { FrameNumber, FrameRange, FrameRate } from './frames.ts';
export {
  ImportedDocument,
  ModelPathDocument,
  ModelSummary,
  ModelsDocument,
  PulledDocument,
  PulledModel,
  RemovedDocument,
  VerifiedDocument,
  VerifiedModel,
} from './models.ts';
export { parseShot } from './parse-shot.ts';
export { Plan, PlannedFile } from './plan.ts';
export { PreviewDocument, PreviewSummary } from './preview.ts';
export { FramePrompt, PromptBox, PromptPoint } from './prompts.ts';
export { Result, ResultClip, ResultFrame, ResultOutput, ResultWarning } from './result.ts';
export {
  DeviceName,
  EngineName,
  LockedRange,
  OutputFormat,
  outputFormats,
  Shot,
  ShotEngine,
  type ShotInput,
  ShotMatte,
  ShotObject,
  ShotOutput,
  ShotSource,
} from './shot.ts';
export { ClearedDocument, TrackSummary, TracksDocument } from './tracks.ts';
