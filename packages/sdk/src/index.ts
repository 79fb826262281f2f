export { fileSource } from '#platform/file-source';
export { folderUploadStore } from '#platform/folder-upload-store';
export { ApiPromise, type ApiReply } from './api-promise.ts';
export { Roto, type RotoOptions } from './client.ts';
export { type ErrorCode, type ErrorKind, RotoError } from './contract/errors.ts';
export type { DownloadOptions, DownloadSource } from './download.ts';
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
  type TaskState,
  TaskTimeoutError,
  TimeoutError,
  TooLargeError,
  UnprocessableError,
  UploadError,
} from './errors.ts';
export type { Fetch, FetchDispatcher, FetchInit, RequestBody } from './fetch.ts';
export type { HeaderChanges } from './internal/headers.ts';
export { type ListParams, ListPromise, type Page } from './pagination.ts';
export type { TransferProgress } from './progress.ts';
export type {
  JsonRequestSpec,
  Logger,
  QueryValue,
  RequestOptions,
  RequestSpec,
} from './request.ts';
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
export {
  signWebhook,
  type VerifyWebhookOptions,
  verifyWebhook,
  type WebhookRequest,
} from './webhooks.ts';
