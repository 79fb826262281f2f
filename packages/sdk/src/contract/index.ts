export {
  AdminAction,
  AdminActionPage,
  AdminActionsQuery,
  AdminUser,
  AdminUserChanges,
  AdminUserPage,
  AdminUsersQuery,
  GrantParams,
  QueueState,
  SettingChanges,
  SettingEntry,
  SettingList,
  WorkerList,
  WorkerState,
} from './admin.ts';
export { ApiErrorBody, type ErrorStatus, httpStatusOf } from './api-error.ts';
export { ApiKey, ApiKeyPage, NewApiKey, NewApiKeyParams } from './api-keys.ts';
export {
  ApiScope,
  apiScopes,
  ConfirmResult,
  Email,
  LoginParams,
  MailParams,
  MailToken,
  NewPassword,
  RefreshParams,
  RegisterParams,
  RegisterResult,
  ResetPasswordParams,
  ResetPasswordResult,
  TokenPair,
} from './auth.ts';
export {
  AutoRenewalParams,
  CreditBalance,
  CreditMovement,
  CreditMovementPage,
  Offers,
  PurchaseParams,
  StripeEventReceipt,
  StripePage,
  TierParams,
  TierSummary,
} from './billing.ts';
export {
  AccountDocument,
  ActionsDocument,
  ConfirmedDocument,
  CreditHistoryDocument,
  CreditsDocument,
  DeletedDocument,
  DownloadedDocument,
  KeysDocument,
  LogoutDocument,
  MailDocument,
  MembershipDocument,
  NewKeyDocument,
  PacksDocument,
  PageDocument,
  PlansDocument,
  QueueDocument,
  SettingsDocument,
  StorageDocument,
  TaskDocument,
  TasksDocument,
  UserDocument,
  UsersDocument,
  VideoDocument,
  VideosDocument,
  WorkersDocument,
} from './cli-documents.ts';
export { Diagnosis, DiagnosisProblem, DoctorDocument } from './doctor.ts';
export { ErrorDocument } from './error-document.ts';
export {
  type ErrorCode,
  type ErrorKind,
  errorKinds,
  isErrorCode,
  RotoError,
  type RotoErrorOptions,
} from './errors.ts';
export { ProgressEvent, RunEvent } from './events.ts';
export { FrameNumber, FrameRange, FrameRate } from './frames.ts';
export { Health, Readiness } from './health.ts';
export { type IdKind, idAlphabet, idLength, idOf, idPrefixes } from './ids.ts';
export {
  ClickBox,
  ClickPoints,
  Estimate,
  EstimateQuery,
  ExportParams,
  GenerateMasksParams,
  GreenscreenParams,
  MaskPreview,
  PreviewMaskParams,
  Qualities,
  QualityState,
  RleMask,
} from './masks.ts';
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
export { estimateOutputBytes, type OutputSize } from './output-size.ts';
export { largestPage, PageQuery, pageOf } from './pagination.ts';
export { parseShot } from './parse-shot.ts';
export { PickDocument } from './pick.ts';
export { Plan, PlannedFile } from './plan.ts';
export { PreviewDocument, PreviewSummary } from './preview.ts';
export { FramePrompt, PromptBox, PromptPoint } from './prompts.ts';
export {
  Result,
  ResultClip,
  ResultFrame,
  ResultOutput,
  ResultWarning,
  RunIdentity,
} from './result.ts';
export { sequenceDigestHead, sequenceDigestLine } from './sequence-digest.ts';
export { CudaSetup, CudaSetupDocument } from './setup.ts';
export {
  DeviceName,
  EngineName,
  isModelPath,
  LockedRange,
  liteModel,
  OutputFormat,
  outputFormats,
  presetPartNames,
  Quality,
  qualityModels,
  Shot,
  ShotEngine,
  type ShotInput,
  ShotMatte,
  ShotObject,
  ShotOutput,
  ShotSource,
} from './shot.ts';
export {
  isFinal,
  Task,
  TaskEvent,
  TaskProgress,
  TaskResult,
  TaskStatus,
  TasksQuery,
} from './tasks.ts';
export { ClearedDocument, TrackSummary, TracksDocument } from './tracks.ts';
export {
  ArrivedParts,
  CompleteSequenceParams,
  PartUploadBegun,
  PartUploadParams,
  PartUrls,
  PartUrlsParams,
  SequenceFrame,
  SequenceFrames,
  SequenceFramesQuery,
  SequenceUploadParams,
  UploadState,
} from './uploads.ts';
export {
  DeleteAccountParams,
  Membership,
  MembershipStatus,
  PasswordChange,
  StorageUsed,
  Timestamp,
  User,
} from './users.ts';
export {
  SequenceSource,
  Sha256,
  StorageReport,
  StorageSum,
  UpdateVideoParams,
  Video,
  VideoMetadata,
  VideoStatus,
  VideosQuery,
  VideoTitle,
  VideoUrls,
} from './videos.ts';
export {
  NewWebhook,
  NewWebhookParams,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookEvent,
  WebhookMessage,
  WebhookPage,
  webhookEvents,
} from './webhooks.ts';
