import type { ObjectMask } from '../engine/engine.ts';
import type { Matte } from '../matte/alpha.ts';
import type { Frame } from '../media/clip.ts';
import { stopError, throwIfStopped } from '../stop.ts';
import { CallingThread, threadScript } from '../thread/calling-thread.ts';
import type { TrackingNews } from '../track/tracking-news.ts';
import type { ExportCalls, ExportJob, ExportProgress, ExportReport } from './export-job.ts';

export interface ExportOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ExportProgress) => void;
  /** Of the tracking that goes on beside the export; without it the cache has to be complete. */
  readonly news?: TrackingNews;
}

/** Matte work and file writing in a thread of their own, off the event loop of the caller. */
export class ExportHost {
  readonly #thread = new CallingThread(
    threadScript('./export-worker', import.meta.url),
    'roto export',
  );

  async export(
    job: Omit<ExportJob, 'tracking'>,
    { signal, onProgress, news }: ExportOptions = {},
  ): Promise<ExportReport> {
    throwIfStopped(signal);
    // The export may have ended meanwhile, and its thread with it: then there is nothing to stop.
    const stop = (): void => void this.#thread.call('stop', undefined).catch(() => undefined);
    // A listener that throws stops the export as an abort does, so that nothing half-made stays.
    let thrown: { readonly error: unknown } | undefined;
    const tell = (progress: ExportProgress): void => {
      try {
        if (thrown === undefined) onProgress?.(progress);
      } catch (error) {
        thrown = { error };
        stop();
      }
    };
    signal?.addEventListener('abort', stop, { once: true });
    let deafen: (() => void) | undefined;
    try {
      const tracking = news !== undefined && !news.over;
      const exporting = this.#thread.call('export', { ...job, tracking } satisfies ExportJob, {
        // biome-ignore lint/plugin: the export thread emits nothing else
        onEvent: (event) => tell(event as ExportProgress),
      });
      deafen = news?.listen((told) => {
        void this.#thread.call('tracked', told).catch(() => undefined);
      });
      const report = await exporting;
      if (thrown === undefined) {
        // biome-ignore lint/plugin: the export thread answers by the table of ExportCalls
        return report as ExportReport;
      }
      throw thrown.error;
    } catch (error) {
      if (thrown !== undefined) throw thrown.error;
      throw signal?.aborted ? stopError(signal) : error;
    } finally {
      deafen?.();
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Renders one matte at the plate's size. */
  async render(
    mask: ObjectMask | undefined,
    plate: Frame,
    matte: ExportCalls['render']['argument']['matte'],
  ): Promise<Matte> {
    // biome-ignore lint/plugin: the export thread answers by the table of ExportCalls
    return (await this.#thread.call('render', { mask, plate, matte })) as Matte;
  }

  async close(): Promise<void> {
    await this.#thread.close();
  }
}
