import { RotoError } from '@roto/sdk/contract';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { callMediaHost, mediaLimits } from './call-media-host.ts';
import type { MediaCalls } from './media-calls.ts';

/** The oldest ffmpeg that still gets repairs, and that media of strangers may meet. */
const oldest = { major: 5, minor: 1 };

/**
 * Clips of strangers meet a system ffmpeg that is kept up to date, not the old one that comes with
 * npm: another one is refused in production, and warned of in development.
 * @throws RotoError `invalid_config`
 */
export async function requireMediaTools(
  { production }: Pick<Config, 'production'>,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const limits = { ...mediaLimits, timeoutMs: 60_000 };
  const found = await callMediaHost('tools', undefined, { signal, limits }).catch(
    (error: unknown) => {
      if (!(error instanceof RotoError) || signal.aborted) throw error;
      return error.message;
    },
  );
  if (typeof found !== 'string' && isFit(found)) return;
  const said =
    typeof found === 'string'
      ? `There is no ffmpeg: ${found}.`
      : `The ffmpeg here is ${found.version}${found.source === 'packaged' ? ', of npm' : ''}, and clips of strangers need the system's own, 5.1 or newer.`;
  if (!production) return log.warn(said);
  throw new RotoError('invalid_config', said, { hint: 'Install ffmpeg 5.1 or newer.' });
}

/** A build without a release number is one of a newer day. */
export function isFit({ version, source }: MediaCalls['tools']['answer']): boolean {
  if (source === 'packaged') return false;
  const [, major, minor] = /^n?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined) return true;
  const isNewer = Number(major) > oldest.major;
  return isNewer || (Number(major) === oldest.major && Number(minor) >= oldest.minor);
}
