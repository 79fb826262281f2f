import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { RotoError } from '@roto/sdk/contract';
import { answerWithinMs, type FfmpegTools } from '../media/find-ffmpeg.ts';

const execFileAsync = promisify(execFile);
const known = new Map<string, Promise<ReadonlySet<string>>>();

/**
 * Refuses an ffmpeg that lacks an encoder. Asked once a process and binary.
 * @throws RotoError `ffmpeg_unusable`
 */
export async function requireEncoder(tools: FfmpegTools, encoder: string): Promise<void> {
  let listed = known.get(tools.ffmpeg);
  if (listed === undefined) {
    listed = listEncoders(tools);
    known.set(tools.ffmpeg, listed);
    listed.catch(() => known.delete(tools.ffmpeg));
  }
  if ((await listed).has(encoder)) return;
  throw new RotoError(
    'ffmpeg_unusable',
    `${tools.ffmpeg} (${tools.version}) was built without the encoder ${encoder}`,
    { hint: 'Install a full build of ffmpeg, or set ROTO_FFMPEG to one.' },
  );
}

async function listEncoders(tools: FfmpegTools): Promise<ReadonlySet<string>> {
  try {
    const { stdout } = await execFileAsync(tools.ffmpeg, ['-hide_banner', '-encoders'], {
      timeout: answerWithinMs,
      maxBuffer: 4 * 1024 * 1024,
    });
    // ` V....D libx264              libx264 H.264 …`
    const names = stdout.matchAll(/^ [VAS][.A-Z]{5} (\S+)/gm);
    return new Set([...names].map((match) => match[1] ?? ''));
  } catch (cause) {
    throw new RotoError('ffmpeg_unusable', `${tools.ffmpeg} does not list its encoders`, {
      hint: 'Install ffmpeg, or set ROTO_FFMPEG to one that runs.',
      cause,
    });
  }
}
