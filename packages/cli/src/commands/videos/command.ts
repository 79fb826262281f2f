import { resolve } from 'node:path';
import type {
  DeletedDocument,
  DownloadedDocument,
  VideoDocument,
  VideosDocument,
} from '@roto/sdk/contract';
import { RotoError, VideoStatus } from '@roto/sdk/contract';
import { parseChoice, parsePath } from '../../args/choices.ts';
import type { CommandGroupSpec } from '../command-spec.ts';
import { confirmOptions, requireYes } from '../confirm-option.ts';
import { downloadProgress } from '../download-progress.ts';
import { columns, firstOf, listOptions, pageSize } from '../list-options.ts';
import { valueOption } from '../option-spec.ts';
import { defineServerCommand } from '../server-command.ts';
import { outOptions } from '../shared-options.ts';
import { videoLines, videoRow } from './video-lines.ts';

const video = { syntax: '<video>', text: 'id of a video: vid_...' };

/** `roto videos`: the clips of the account on a server. */
export function createVideosCommands(): CommandGroupSpec {
  return {
    name: 'videos',
    summary: 'the clips on the server',
    commands: [list(), show(), rename(), remove(), download()],
  };
}

function list() {
  return defineServerCommand({
    name: 'list',
    summary: 'videos, newest first',
    description: [
      'Shows id, status, size, time and title. The id stands for a path in every command.',
    ],
    options: {
      ...listOptions,
      status: valueOption(
        'List',
        '--status <name>',
        `only those that are ${VideoStatus.options.join(', ')}`,
        (text) => parseChoice(text, VideoStatus.options, '--status'),
      ),
    },
    examples: [{ text: '', line: 'roto videos list --status ready' }],
    ask: async ({ roto }, { options: { limit, status }, io: { signal } }) => {
      const query = { limit: pageSize(limit), ...(status === undefined ? {} : { status }) };
      const videos = await firstOf(roto.videos.list(query, { signal }), limit);
      const document: VideosDocument = { schema: 'roto.videos/1', videos };
      return {
        document,
        lines: videos.length === 0 ? ['no videos'] : columns(videos.map(videoRow)),
      };
    },
  });
}

function show() {
  return defineServerCommand({
    name: 'show',
    summary: 'what is known of a video',
    description: ['Shows size, rate and frames, and why it failed if it did.'],
    arguments: [video],
    examples: [{ text: '', line: 'roto videos show vid_4f1c...' }],
    ask: async ({ roto }, { words: [id = ''], io: { signal } }) => {
      const found = await roto.videos.get(id, { signal });
      const document: VideoDocument = { schema: 'roto.video/1', video: found };
      return { document, lines: videoLines(found) };
    },
  });
}

function rename() {
  return defineServerCommand({
    name: 'rename',
    summary: 'call a video something else',
    description: ['Changes the title of a video.'],
    arguments: [video, { syntax: '<title>', text: 'its new title, one line' }],
    examples: [{ text: '', line: "roto videos rename vid_4f1c... 'Plate 10, v2'" }],
    ask: async ({ roto }, { words: [id = '', title = ''], io: { signal } }) => {
      const changed = await roto.videos.update(id, { title }, { signal });
      const document: VideoDocument = { schema: 'roto.video/1', video: changed };
      return { document, lines: videoLines(changed) };
    },
  });
}

function remove() {
  return defineServerCommand({
    name: 'delete',
    summary: 'delete a video with all that was made of it',
    description: [
      'Deletes a video, its results and its tracks, and cancels its tasks. It cannot be taken back.',
    ],
    arguments: [video],
    options: confirmOptions,
    examples: [{ text: '', line: 'roto videos delete vid_4f1c... --yes' }],
    ask: async ({ roto }, { words: [id = ''], options, io }) => {
      const { signal } = io;
      const { title } = await roto.videos.get(id, { signal });
      await requireYes(io, options, `Delete ${title} (${id}) with all that was made of it?`);
      await roto.videos.delete(id, { signal });
      const document: DeletedDocument = { schema: 'roto.deleted/1', id };
      return { document, lines: [`${id} is deleted`] };
    },
  });
}

function download() {
  return defineServerCommand({
    name: 'download',
    summary: 'bring back the file of a movie as it was sent',
    description: [
      'Writes the original file, checked by its SHA-256; a download that was broken off goes on.',
    ],
    arguments: [video],
    options: {
      out: valueOption(
        'Output',
        '-o, --out <dir>',
        'folder for the file (default: this one)',
        (text) => parsePath(text, '--out'),
      ),
      overwrite: outOptions.overwrite,
    },
    examples: [{ text: '', line: 'roto videos download vid_4f1c... -o plates' }],
    ask: async ({ roto }, { words: [id = ''], options, mode, io }) => {
      const { signal } = io;
      const found = await roto.videos.get(id, { signal });
      const name = (found.video_metadata?.filename ?? found.title).replace(/[/\\\0]/g, '_');
      if (name === '' || name.startsWith('.'))
        throw new RotoError(
          'output_unwritable',
          `The video is called ${JSON.stringify(name)}, which is no name for a file.`,
        );
      const file = resolve(io.cwd, options.out ?? '.', name);
      await refuseThere(file, options.overwrite === true);
      const progress = await downloadProgress(io, mode, options);
      await roto.videos
        .download(id, file, {
          signal,
          onProgress: ({ loadedBytes, totalBytes = 0 }) => progress.tell(loadedBytes, totalBytes),
        })
        .finally(() => progress.close());
      const document: DownloadedDocument = { schema: 'roto.downloaded/1', files: [file] };
      return { document, lines: [file] };
    },
  });
}

async function refuseThere(file: string, overwrite: boolean): Promise<void> {
  const { lstat } = await import('node:fs/promises');
  if (overwrite || (await lstat(file).catch(() => undefined)) === undefined) return;
  throw new RotoError('output_exists', `${file} would be overwritten.`, {
    param: '--out',
    hint: 'Choose another folder with -o, or add --overwrite.',
  });
}
