import type { ClearedDocument, TrackSummary, TracksDocument } from '@roto/sdk/contract';
import { printResult } from '../../io/output.ts';
import { printable } from '../../io/printable.ts';
import { counted, formatBytes, formatRange } from '../../io/quantities.ts';
import { askBackend } from '../ask-backend.ts';
import { type CommandGroupSpec, defineCommand } from '../command-spec.ts';
import { modeOf } from '../mode.ts';
import { cacheOf } from '../run-shot-command.ts';
import { runOptions } from '../shared-options.ts';

const { local, json, cache } = runOptions;

/** `roto cache`: the tracks kept on this machine. */
export function createCacheCommands(): CommandGroupSpec {
  return {
    name: 'cache',
    summary: 'the tracks kept on this machine',
    commands: [list(), clear()],
  };
}

function list() {
  return defineCommand({
    name: 'list',
    summary: 'tracks, the clips they are of, and their size',
    description: [
      'Shows the tracks that roto export and roto greenscreen can write again.',
      'They lie in ROTO_CACHE_DIR (else ~/.cache/roto). Above ROTO_CACHE_LIMIT_GB (else 20) the longest unused go by themselves. Several runs may share a cache, on one clip too.',
    ],
    arguments: [],
    options: { cache, local, json },
    examples: [{ text: '', line: 'roto cache list' }],
    run: async ({ options }, context) => {
      const { io } = context;
      const mode = modeOf(options);
      const where = cacheOf(options, io.cwd);
      const tracks = await askBackend(context, (backend) => backend.listTracks(where));
      const weights = await askBackend(context, (backend) => backend.derivedWeights(where));
      const document: TracksDocument = { schema: 'roto.tracks/1', tracks, weights };
      const lines = tracks.length === 0 ? ['no tracks'] : tracks.flatMap(trackLines);
      if (weights.files > 0) lines.push(`weights made for models, ${formatBytes(weights.bytes)}`);
      printResult(io, mode, { document, lines });
      return 'ok';
    },
  });
}

function clear() {
  return defineCommand({
    name: 'clear',
    summary: 'remove tracks: those named, or all of them',
    description: [
      'Removes tracks from the cache, but none that a run is using. Files that were written from them stay.',
      'Where none is named, weights that were made for models go too, unless a model is loaded: the next run makes its own again.',
    ],
    arguments: [
      { syntax: '[track...]', text: 'ids of tracks (trk_...); all of them where none is named' },
    ],
    options: { cache, local, json },
    examples: [
      { text: 'one track', line: 'roto cache clear trk_4f1c' },
      { text: 'everything', line: 'roto cache clear' },
    ],
    run: async ({ words, options }, context) => {
      const { io } = context;
      const mode = modeOf(options);
      const what = {
        ...cacheOf(options, io.cwd),
        ...(words.length === 0 ? {} : { tracks: [...words] }),
      };
      const cleared = await askBackend(context, (backend) => backend.clearTracks(what));
      const document: ClearedDocument = { schema: 'roto.cleared/1', ...cleared };
      const lines = [`${counted(cleared.tracks, 'track')} removed, ${formatBytes(cleared.bytes)}`];
      printResult(io, mode, { document, lines });
      return 'ok';
    },
  });
}

function trackLines(track: TrackSummary): string[] {
  const range = formatRange({ first: track.firstFrame, last: track.lastFrame });
  const state = track.complete ? '' : ', not complete';
  const used = track.usedAt.slice(0, 16).replace('T', ' ');
  return [
    `${track.id}  ${track.objects.join(', ')}  frames ${range}${state}`,
    `  ${printable(track.clip)}`,
    `  ${track.engine} engine (${track.model}), ${formatBytes(track.bytes)}, used ${used} UTC`,
  ];
}
