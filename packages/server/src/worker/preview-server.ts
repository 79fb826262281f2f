import { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import { addFiles, removeFilesBelow } from '../db/queries/files.ts';
import {
  answerPreviewRequest,
  previewChannel,
  removePreviewRequests,
  takePreviewRequest,
} from '../db/queries/preview-requests.ts';
import { findVideo, type VideoRow } from '../db/queries/videos.ts';
import { inTransaction } from '../db/transaction.ts';
import type { PreviewArgument } from '../host/host-calls.ts';
import { HostProcess } from '../host/host-process.ts';
import type { Log } from '../log.ts';
import { newId } from '../new-id.ts';
import { type News, openNews } from '../services/news.ts';
import { type PreviewLook, PreviewParams, previewFailure } from '../services/preview-lane.ts';
import { taskFailure } from '../services/task-run.ts';
import { videoPrefix } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import type { ClipStore } from './clip-store.ts';

/** What previews are made with. */
export interface PreviewServerOptions {
  readonly database: Database;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly memoryBytes: number;
  readonly clips: ClipStore;
  /** Folder of the track cache. */
  readonly cache: string;
  readonly workerId: string;
}

/** Milliseconds after which the model of an idle host is unloaded. */
const coolMs = 10 * 60_000;
/** Milliseconds between two looks for requests that no message told of. */
const lookMs = 5000;
const keptMs = 24 * 60 * 60_000;

/**
 * The preview lane of a worker: a host of its own, with the model loaded and the clips of the last
 * videos open, which no task slows down. One look at a time.
 */
export class PreviewServer {
  readonly #options: PreviewServerOptions;
  readonly #host: HostProcess;
  readonly #stopping = new AbortController();
  #news: News | undefined;
  #loop: Promise<void> = Promise.resolve();
  /** Looks that are in the lane: one at most. */
  #inside = 0;
  #waiting: (() => void)[] = [];
  #cooling: NodeJS.Timeout | undefined;

  constructor(options: PreviewServerOptions) {
    this.#options = options;
    const { log, memoryBytes } = options;
    this.#host = new HostProcess({ log, memoryBytes, stallMs: 2 * 60_000 });
  }

  /** Begins to take requests that come through the database. */
  async start(): Promise<void> {
    const { database, log } = this.#options;
    if (database.kind === 'pglite' || this.#stopping.signal.aborted) return;
    this.#news = await openNews(database, previewChannel, log);
    this.#loop = this.#serve(this.#news);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#cooling);
    await this.#host.stop();
    await this.#loop;
    await this.#news?.close();
  }

  /**
   * Looks at a frame as soon as the lane is free, and leaves the picture in storage.
   * @returns undefined where it was not free in time
   * @throws RotoError of the host
   */
  async look(
    video: VideoRow,
    params: PreviewParams,
    patienceMs: number,
  ): Promise<PreviewLook | undefined> {
    if (!(await this.#enter(patienceMs))) return undefined;
    clearTimeout(this.#cooling);
    try {
      return await this.#lookNow(video, params);
    } finally {
      this.#leave();
    }
  }

  async #lookNow(video: VideoRow, { frame, objects, source }: PreviewParams): Promise<PreviewLook> {
    const { storage, clips, cache, database, clock, log } = this.#options;
    const { signal } = this.#stopping;
    const path = await clips.open(video, { signal });
    const asked: PreviewArgument = {
      video: video.id,
      source: { ...source, path },
      cache,
      frame,
      objects,
    };
    const started = performance.now();
    const { overlayPng, encoderRuns, ...look } = await this.#host.call('preview', asked, {
      signal,
    });
    const ms = Math.round(performance.now() - started);
    log.info({ videoId: video.id, frame, encoderRuns, ms }, 'preview');
    const prefix = `${videoPrefix(video.user_id, video.id)}previews/`;
    const id = newId('file');
    const overlayKey = `${prefix}${id}.png`;
    const put = await storage.put(overlayKey, Readable.from([overlayPng]));
    const old = await inTransaction(database.db, async (trx) => {
      const before = await removeFilesBelow(trx, video.id, prefix);
      await addFiles(trx, [
        {
          id,
          user_id: video.user_id,
          video_id: video.id,
          key: overlayKey,
          category: 'other',
          size_bytes: put.size,
          sha256: put.sha256,
          content_type: 'image/png',
          created_at: clock(),
        },
      ]);
      return before;
    });
    await storage.delete(old);
    return { ...look, objects: [...look.objects], overlayKey, encoderRuns };
  }

  /** Waits for the lane, at most so long; says whether it is this caller's now. */
  async #enter(patienceMs: number): Promise<boolean> {
    if (this.#inside === 0) {
      this.#inside = 1;
      return true;
    }
    return new Promise((resolve) => {
      const mine = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== mine);
        resolve(false);
      }, patienceMs);
      this.#waiting.push(mine);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#inside = 0;
    this.#cooling = setTimeout(() => void this.#host.end(), coolMs);
    this.#cooling.unref();
  }

  async #serve(news: News): Promise<void> {
    const { database, clock, log, workerId } = this.#options;
    const { db } = database;
    const { signal } = this.#stopping;
    const told = news.follow(workerId);
    while (!signal.aborted) {
      try {
        const request = await takePreviewRequest(db, workerId, clock());
        if (request !== undefined) {
          await this.#answer(request);
          continue;
        }
        await removePreviewRequests(db, new Date(clock().getTime() - keptMs));
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error }, 'could not take a preview');
      }
      await told.next(lookMs, signal);
    }
    told.close();
  }

  async #answer(request: { id: string; video_id: string; params: unknown }): Promise<void> {
    const { database, clock } = this.#options;
    const { db } = database;
    try {
      const video = await findVideo(db, request.video_id);
      if (video === undefined) return;
      const look = await this.look(video, PreviewParams.parse(request.params), 60_000);
      if (look === undefined) return;
      const value = { ...look };
      await answerPreviewRequest(db, request.id, { status: 'answered', value, now: clock() });
    } catch (error) {
      const value = previewFailure(taskFailure(error));
      await answerPreviewRequest(db, request.id, { status: 'failed', value, now: clock() });
    }
  }
}
