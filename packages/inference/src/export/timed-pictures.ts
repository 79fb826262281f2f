import type { CodedSize } from './yuv.ts';

/**
 * Raw pictures with a time each, as a Matroska stream ffmpeg reads from a pipe: for movies whose
 * frames are not evenly spaced, which headerless raw video cannot say. One picture is one cluster;
 * times are whole microseconds. RFC 9559; `V_UNCOMPRESSED` with the layout as a fourcc.
 */
export interface TimedPictures {
  /** Goes first, once. */
  readonly head: Buffer;
  /** Goes before the bytes of each picture. */
  pictureHead(seconds: number): Buffer;
}

/** ffmpeg's fourccs for layouts of raw pictures (`libavcodec/raw.c`). */
const layouts: Readonly<Record<string, Buffer>> = {
  yuv420p: Buffer.from('I420', 'latin1'),
  yuva420p: Buffer.from([0x59, 0x34, 11, 8]),
  yuva444p10le: Buffer.from([0x59, 0x34, 0, 10]),
};

const ids = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  lacing: 0x9c,
  defaultDuration: 0x23e383,
  codec: 0x86,
  video: 0xe0,
  width: 0xb0,
  height: 0xba,
  fourcc: 0x2eb524,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;

/** How ffmpeg is to read the stream. */
export const timedPicturesInput = ['-f', 'matroska', '-c:v', 'rawvideo'] as const;

/**
 * The parts of a stream of pictures of one size.
 * @param usualSeconds how long a picture lasts on average; the last one has no next to end it.
 * @param pixelFormat ffmpeg's name: `yuv420p`, `yuva420p` or `yuva444p10le`.
 */
export function timedPictures(
  pixelFormat: string,
  { width, height }: CodedSize,
  pictureBytes: number,
  usualSeconds: number,
): TimedPictures {
  const fourcc = layouts[pixelFormat];
  if (fourcc === undefined) throw new TypeError(`No fourcc for ${pixelFormat}`);
  const video = [uint(ids.width, width), uint(ids.height, height), element(ids.fourcc, fourcc)];
  const track = [
    ...[uint(ids.trackNumber, 1), uint(ids.trackUid, 1), uint(ids.trackType, 1)],
    ...[uint(ids.lacing, 0), uint(ids.defaultDuration, Math.round(usualSeconds * 1e9))],
    element(ids.codec, Buffer.from('V_UNCOMPRESSED', 'latin1')),
    element(ids.video, Buffer.concat(video)),
  ];
  const about = [
    element(ids.docType, Buffer.from('matroska', 'latin1')),
    uint(ids.docTypeVersion, 4),
    uint(ids.docTypeReadVersion, 2),
  ];
  // Track 1, no time beside the cluster's own, a key frame.
  const block = Buffer.from([0x81, 0, 0, 0x80]);
  return {
    head: Buffer.concat([
      element(ids.ebml, Buffer.concat(about)),
      // A segment without a length goes on to the end of the stream.
      Buffer.concat([bigEndian(ids.segment), Buffer.from([0xff])]),
      element(ids.info, uint(ids.timestampScale, 1000)),
      element(ids.tracks, element(ids.trackEntry, Buffer.concat(track))),
    ]),
    pictureHead(seconds) {
      const time = uint(ids.timestamp, Math.round(seconds * 1e6));
      const blockHead = Buffer.concat([
        bigEndian(ids.simpleBlock),
        length(block.length + pictureBytes),
        block,
      ]);
      const size = time.length + blockHead.length + pictureBytes;
      return Buffer.concat([bigEndian(ids.cluster), length(size), time, blockHead]);
    },
  };
}

function element(id: number, content: Buffer): Buffer {
  return Buffer.concat([bigEndian(id), length(content.length), content]);
}

function uint(id: number, value: number): Buffer {
  return element(id, bigEndian(value));
}

/** A length in eight bytes, the first of which says so. */
function length(bytes: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(bytes));
  out[0] = 1;
  return out;
}

/** A whole number in as few bytes as hold it, at least one. */
function bigEndian(value: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}
