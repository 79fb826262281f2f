import { EventEmitter } from 'node:events';
import type { Database } from '../db/database.ts';
import type { Log } from '../log.ts';

/** Messages of one channel of the database, for many who wait for some of them. */
export interface News {
  /** Hears of everything that names `topic` from now on. */
  follow(topic: string): Follower;
  close(): Promise<void>;
}

/** One who waits. */
export interface Follower {
  /** Whether there was a message since the last call; waits for one, at most so long. */
  next(timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
  close(): void;
}

/**
 * Listens on a channel whose messages name topics. Messages may get lost where a connection does:
 * whoever waits looks again after a while.
 */
export async function openNews(database: Database, channel: string, log: Log): Promise<News> {
  const bus = new EventEmitter().setMaxListeners(0);
  const stop = await database.listen(channel, (topic) => bus.emit(topic === '' ? '-' : topic));
  return {
    follow: (topic) => follow(bus, topic === '' ? '-' : topic),
    async close() {
      bus.removeAllListeners();
      await stop().catch((error: unknown) => log.debug({ err: error }, 'news ended twice'));
    },
  };
}

function follow(bus: EventEmitter, topic: string): Follower {
  let told = false;
  let wake: (() => void) | undefined;
  const hear = () => {
    told = true;
    wake?.();
  };
  bus.on(topic, hear);
  return {
    async next(timeoutMs, signal) {
      if (!told && signal?.aborted !== true) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          signal?.addEventListener('abort', wake, { once: true });
        });
        if (wake !== undefined) signal?.removeEventListener('abort', wake);
        wake = undefined;
      }
      const heard = told;
      told = false;
      return heard;
    },
    close: () => void bus.off(topic, hear),
  };
}
