/** What time it is. Tests give their own. */
export type Clock = () => Date;

/** The clock of this machine. */
export const systemClock: Clock = () => new Date();

/** The time that many seconds after another one. */
export function secondsAfter(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}
