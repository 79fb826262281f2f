import { parentPort } from 'node:worker_threads';
import { renderMatte } from '../matte/render-matte.ts';
import { ownBuffer } from '../thread/own-buffer.ts';
import { type Answer, type CallHandler, serveCalls } from '../thread/serve-calls.ts';
import { TrackingNews } from '../track/tracking-news.ts';
import type { ExportCalls } from './export-job.ts';
import { exportTrackFrames } from './export-track-frames.ts';

let stopping = new AbortController();
let news = new TrackingNews();

type Emit = (event: unknown) => void;
const handlers: {
  [Call in keyof ExportCalls]: (a: ExportCalls[Call]['argument'], emit: Emit) => Promise<Answer>;
} = {
  export: async (job, emit) => {
    stopping = new AbortController();
    news = new TrackingNews();
    if (!job.tracking) news.tell({ over: true });
    const { signal } = stopping;
    return { value: await exportTrackFrames(job, { signal, news, onProgress: emit }) };
  },
  render: async ({ mask, plate, matte }) => {
    const value = renderMatte(mask, plate, matte);
    return { value, transfer: ownBuffer(value.alpha) };
  },
  tracked: async (told) => {
    news.tell(told);
    return { value: undefined };
  },
  stop: async () => {
    stopping.abort();
    return { value: undefined };
  },
};

if (parentPort !== null) {
  // biome-ignore lint/plugin: the host sends only what ExportCalls allows, and it is the only sender
  serveCalls(parentPort, handlers as unknown as Record<string, CallHandler>, ['stop', 'tracked']);
}
