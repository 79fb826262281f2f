import type { ObjectMask } from '../engine/engine.ts';
import type { Matte } from '../matte/alpha.ts';
import type { Frame } from '../media/clip.ts';
import { stopError, throwIfStopped } from '../stop.ts';
import { CallingThread, threadScript } from '../thread/calling-thread.ts';
import type { ExportCalls, ExportJob, ExportProgress, ExportReport } from './export-job.ts';

/** Matte work and file writing in a thread of their own, off the event loop of the caller. */
export class ExportHost {
  readonly #thread = new CallingThread(
    threadScript('./export-worker', import.meta.url),
    'roto export',
  );

  async export(
    job: ExportJob,
    options: { signal?: AbortSignal; onProgress?: (progress: ExportProgress) => void } = {},
  ): Promise<ExportReport> {
    const { signal, onProgress } = options;
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
    try {
      const report = await this.#thread.call('export', job, {
        // biome-ignore lint/plugin: the export thread emits nothing else
        onEvent: (event) => tell(event as ExportProgress),
      });
      if (thrown === undefined) {
        // biome-ignore lint/plugin: the export thread answers by the table of ExportCalls
        return report as ExportReport;
      }
      throw thrown.error;
    } catch (error) {
      if (thrown !== undefined) throw thrown.error;
      throw signal?.aborted ? stopError(signal) : error;
    } finally {
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
