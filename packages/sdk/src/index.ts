export { fileSource } from '#platform/file-source';
export { folderUploadStore } from '#platform/folder-upload-store';
export { ApiPromise, type ApiReply } from './api-promise.ts';
export { Roto, type RotoOptions } from './client.ts';
export { type ErrorCode, type ErrorKind, RotoError } from './contract/errors.ts';
export type { DownloadOptions, DownloadSource } from './download.ts';
export type {
  DownloadedResult,
  DownloadResultsOptions,
  FilesProgress,
} from './download-results.ts';
export {
  AbortError,
  ApiError,
  AuthenticationError,
  BadRequestError,
  ClientError,
  ConflictError,
  ConnectionError,
  type FailedReply,
  NotFoundError,
  PaymentRequiredError,
  PermissionError,
  RateLimitError,
  ReplyError,
  ServerError,
  TaskFailedError,
  TaskTimeoutError,
  TimeoutError,
  TooLargeError,
  UnprocessableError,
  UploadError,
  VideoFailedError,
} from './errors.ts';
export type { Fetch, FetchDispatcher, FetchInit, RequestBody } from './fetch.ts';
export type { HeaderChanges } from './internal/headers.ts';
export type { ServerEventsOptions } from './internal/sse.ts';
export type { MaskClipOptions, MaskClipProgress, MaskedClip } from './mask-clip.ts';
export { type ListParams, ListPromise, type Page } from './pagination.ts';
export type { TransferProgress } from './progress.ts';
export type {
  JsonRequestSpec,
  Logger,
  QueryValue,
  RequestOptions,
  RequestSpec,
} from './request.ts';
export type {
  Admin,
  AdminActionListParams,
  AdminSettings,
  AdminTasks,
  AdminUserListParams,
  AdminUsers,
} from './resources/admin.ts';
export type { ApiKeys } from './resources/api-keys.ts';
export type { Auth } from './resources/auth.ts';
export type { Billing } from './resources/billing.ts';
export type { Credits } from './resources/credits.ts';
export type { GreenscreenParams, Greenscreens } from './resources/greenscreens.ts';
export type { EstimateParams, MaskParams, Masks, PreviewParams } from './resources/masks.ts';
export type { TaskListParams, Tasks } from './resources/tasks.ts';
export type { FrameContent, Uploads } from './resources/uploads.ts';
export type { Users } from './resources/users.ts';
export type { VideoListParams, Videos } from './resources/videos.ts';
export type { Webhooks } from './resources/webhooks.ts';
export { TaskHandle } from './task-handle.ts';
export type { TaskWaitOptions } from './task-wait.ts';
export type { ClipInput, ClipUploadOptions } from './upload-clip.ts';
export {
  blobSource,
  type StreamSourceOptions,
  streamSource,
  type UploadSource,
} from './upload-source.ts';
export {
  type KeyValueStorage,
  memoryUploadStore,
  type UploadStore,
  webUploadStore,
} from './upload-store.ts';
export type { VideoWaitOptions } from './video-wait.ts';
export {
  signWebhook,
  type VerifyWebhookOptions,
  verifyWebhook,
  type WebhookRequest,
} from './webhooks.ts';
