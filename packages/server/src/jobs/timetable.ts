import type { Log } from '../log.ts';
import type { JobName } from './jobs.ts';
import type { Queue } from './queue.ts';

/** Jobs that come again and again, with the seconds between two of them. */
const timetable = {
  'sweep-uploads': 10 * 60,
  'reconcile-storage': 24 * 60 * 60,
  'grant-monthly-credits': 60 * 60,
} as const satisfies Partial<Record<JobName, number>>;

const lookEveryMs = 60_000;

/**
 * Puts the jobs of the timetable into the queue when their time has come, each once in its span
 * however many processes do this. Gives what ends it.
 */
export function startTimetable({ queue, log }: { queue: Queue; log: Log }): () => void {
  const look = async () => {
    for (const [name, seconds] of Object.entries(timetable)) {
      await queue.boss.send(name, {}, { singletonSeconds: seconds });
    }
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => log.error({ err: error }, 'the timetable failed'));
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
