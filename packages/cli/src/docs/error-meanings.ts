import type { ErrorCode } from '@roto/sdk/contract';

/** What each error code says, for docs/errors.md: one sentence a code. */
export const errorMeanings = {
  internal: 'A fault inside roto; please report it.',
  disk_full: 'The disk is full; the track is kept.',
  encode_failed: 'ffmpeg could not write an output.',
  cache_corrupt: 'A file of the track cache is damaged.',
  cache_locked: 'The track is in use by a run, so it cannot be cleared now.',

  invalid_argument: 'An argument is missing, unknown or not what was expected; `param` names it.',
  invalid_shot: 'A shot document is wrong; `param` is the path of the field.',
  source_not_found: 'There is no clip, or no shot document, at this path.',
  source_unreadable: 'The clip is there but cannot be read or decoded.',
  source_has_no_video: 'The file has no picture in it.',
  source_too_small: 'The picture is too small to work on.',
  source_truncated:
    'Fewer frames can be decoded than the clip declares; the last good one is named.',
  sequence_gap: 'A frame of a sequence is missing; see `--missing-frames`.',
  sequence_mixed_sizes: 'The pictures of a sequence differ in size.',
  frame_out_of_range: 'A frame lies outside the clip.',
  prompt_outside_picture: 'A point or a box lies outside the picture.',
  prompt_missing: 'Nothing says what to cut out.',
  mask_unreadable: 'A mask picture cannot be read, is empty, or has not the size of the plate.',
  unknown_format: 'An output format is not in the list.',
  output_conflict: 'Two outputs would be the same file.',
  output_exists: 'A file is there already, and overwriting was not asked for.',
  output_unwritable: 'The folder cannot be written.',
  output_is_input: 'An output would replace what it is made from.',
  track_not_found: 'There is no such track in the cache.',
  track_incomplete: 'The track has not all the frames asked for.',
  node_too_old: 'roto was started by a Node that is too old.',
  not_built: 'This clone of roto has to be built first.',

  unauthenticated: 'There is no server to send this to, and `--local` was not given.',
  quota_exceeded: 'The account has not enough credits left.',
  network_failed: 'The server cannot be reached.',

  ffmpeg_missing: 'No ffmpeg was found.',
  ffmpeg_unusable: 'The ffmpeg that was found does not work.',
  model_missing: 'A model is not installed.',
  model_corrupt: 'A model file is damaged, or not the one that was published.',
  model_unsupported: 'A model file holds another network than was asked for.',
  device_unavailable: 'The device asked for cannot be used.',
  out_of_memory: 'There is not enough memory.',
  engine_missing: '@roto/inference is not installed.',
  engine_failed: 'The engine stopped with an error.',

  interrupted: 'Stopped by Ctrl-C.',
  terminated: 'Stopped by SIGTERM.',
} as const satisfies Record<ErrorCode, string>;
