import { z } from 'zod';

/** What a job carries, by its name: small, and without secrets; it lies in the database. */
export interface JobPayloads {
  'send-mail': { mailId: string };
  'process-video': { videoId: string };
  'make-forward-reverse': { videoId: string };
  'delete-files': { prefix: string };
  'sweep-uploads': Record<string, never>;
  'reconcile-storage': Record<string, never>;
  'run-task': { taskId: string };
  'stripe-event': { eventId: string };
  'grant-monthly-credits': Record<string, never>;
  'clear-account': { userId: string; customerId?: string | undefined };
  'deliver-webhook': { deliveryId: string };
}

export type JobName = keyof JobPayloads;

/** How the queue treats jobs of one name. */
export interface JobSpec<P> {
  readonly payload: z.ZodType<P>;
  /** Attempts after the first one. */
  readonly retries: number;
  /** Seconds before the first retry; later ones wait twice as long each time. */
  readonly retryDelay: number;
  /** Seconds one attempt may take. */
  readonly timeout: number;
  /** Seconds without a sign of life after which a worker counts as dead; at least 10. */
  readonly heartbeat?: number;
}

/** Every job there is. Each has a queue of its own, and exactly one handler. */
export const jobs: { readonly [N in JobName]: JobSpec<JobPayloads[N]> } = {
  'send-mail': {
    payload: z.object({ mailId: z.string() }),
    // The last one comes after a day and a half: so long a provider may be down.
    retries: 15,
    retryDelay: 5,
    timeout: 60,
  },
  'process-video': {
    payload: z.object({ videoId: z.string() }),
    retries: 2,
    retryDelay: 10,
    timeout: 2 * 60 * 60,
  },
  'make-forward-reverse': {
    payload: z.object({ videoId: z.string() }),
    retries: 2,
    retryDelay: 10,
    timeout: 2 * 60 * 60,
  },
  'delete-files': {
    payload: z.object({ prefix: z.string().regex(/^users\/.+\/$/) }),
    retries: 20,
    retryDelay: 5,
    timeout: 60 * 60,
  },
  'sweep-uploads': { payload: z.object({}), retries: 0, retryDelay: 1, timeout: 30 * 60 },
  'reconcile-storage': { payload: z.object({}), retries: 0, retryDelay: 1, timeout: 6 * 60 * 60 },
  'run-task': {
    payload: z.object({ taskId: z.string() }),
    retries: 3,
    retryDelay: 5,
    timeout: 23 * 60 * 60,
    heartbeat: 15,
  },
  'stripe-event': {
    payload: z.object({ eventId: z.string() }),
    retries: 15,
    retryDelay: 5,
    timeout: 5 * 60,
  },
  'grant-monthly-credits': {
    payload: z.object({}),
    retries: 3,
    retryDelay: 60,
    timeout: 60 * 60,
  },
  'clear-account': {
    payload: z.object({ userId: z.string(), customerId: z.string().optional() }),
    retries: 20,
    retryDelay: 5,
    timeout: 60 * 60,
  },
  'deliver-webhook': {
    payload: z.object({ deliveryId: z.string() }),
    // The last one comes after three hours.
    retries: 10,
    retryDelay: 10,
    timeout: 60,
  },
};

/** Jobs that workers with an inference host take; all others run wherever the service does. */
export const taskJob = 'run-task';
export type TaskJobName = typeof taskJob;

/** Names of all jobs. */
export const jobNames = Object.keys(jobs).filter(isJobName);

/** Whether there is a job of that name. */
export function isJobName(name: string): name is JobName {
  return Object.hasOwn(jobs, name);
}
