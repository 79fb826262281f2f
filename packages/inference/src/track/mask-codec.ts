import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { RotoError } from '@roto/sdk/contract';
import type { ObjectMask } from '../engine/engine.ts';

const headerBytes = 60;

/**
 * Packs a mask: logits rounded to steps of 1/65535 of their range, differences along the row, high
 * and low bytes apart, zstd. The error of a logit is at most 1/131070 of the range of its frame.
 */
export function packMask(mask: ObjectMask): Buffer {
  const count = mask.width * mask.height;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of mask.logits) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (count === 0 || !Number.isFinite(low) || !Number.isFinite(high)) {
    throw new RotoError('engine_failed', 'The engine gave a mask without finite logits.');
  }
  const step = (high - low) / 65535 || 1;
  const planes = Buffer.allocUnsafe(count * 2);
  let previous = 0;
  for (let i = 0; i < count; i += 1) {
    const level = Math.round(((mask.logits[i] ?? 0) - low) / step);
    const difference = (level - previous) & 0xffff;
    previous = i % mask.width === mask.width - 1 ? 0 : level;
    planes[i] = difference >>> 8;
    planes[count + i] = difference & 0xff;
  }
  const packed = zstdCompressSync(planes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16LE(mask.width, 0);
  header.writeUInt16LE(mask.height, 2);
  header.writeDoubleLE(mask.region.x, 4);
  header.writeDoubleLE(mask.region.y, 12);
  header.writeDoubleLE(mask.region.width, 20);
  header.writeDoubleLE(mask.region.height, 28);
  header.writeDoubleLE(mask.score, 36);
  header.writeDoubleLE(low, 44);
  header.writeDoubleLE(step, 52);
  return Buffer.concat([header, packed]);
}

/**
 * Unpacks what {@link packMask} packed.
 * @throws RotoError `cache_corrupt`
 */
export function unpackMask(bytes: Buffer): ObjectMask {
  if (bytes.length < headerBytes) throw corrupt();
  const width = bytes.readUInt16LE(0);
  const height = bytes.readUInt16LE(2);
  const count = width * height;
  const planes = inflate(bytes.subarray(headerBytes), count * 2);
  const low = bytes.readDoubleLE(44);
  const step = bytes.readDoubleLE(52);
  const logits = new Float32Array(count);
  let previous = 0;
  for (let i = 0; i < count; i += 1) {
    const difference = ((planes[i] ?? 0) << 8) | (planes[count + i] ?? 0);
    const level = (previous + difference) & 0xffff;
    previous = i % width === width - 1 ? 0 : level;
    logits[i] = low + level * step;
  }
  return {
    width,
    height,
    logits,
    region: {
      x: bytes.readDoubleLE(4),
      y: bytes.readDoubleLE(12),
      width: bytes.readDoubleLE(20),
      height: bytes.readDoubleLE(28),
    },
    score: bytes.readDoubleLE(36),
  };
}

function inflate(packed: Buffer, expected: number): Buffer {
  try {
    const planes = zstdDecompressSync(packed, { maxOutputLength: Math.max(1, expected) });
    if (planes.length === expected) return planes;
  } catch (cause) {
    throw corrupt(cause);
  }
  throw corrupt();
}

function corrupt(cause?: unknown): RotoError {
  return new RotoError('cache_corrupt', 'A mask in the track cache cannot be read.', {
    hint: 'Run roto cache clear and track again.',
    cause,
  });
}
