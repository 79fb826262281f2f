import type { Db as BossDatabase } from 'pg-boss';
import type { Db } from './types.ts';

/** An open database, whichever of its two homes it has. */
export interface Database {
  readonly kind: 'postgres' | 'pglite';
  readonly db: Db;
  /** The same database as the queue asks it, outside of any transaction of `db`. */
  readonly queue: BossDatabase;
  /**
   * Calls back for every NOTIFY on a channel, whose name is a plain identifier in small letters;
   * gives what ends that.
   */
  listen(channel: string, onMessage: (payload: string) => void): Promise<() => Promise<void>>;
  /** Closes every connection. Nothing of it may be asked afterwards. */
  close(): Promise<void>;
}
