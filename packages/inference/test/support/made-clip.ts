/**
 * A clip made from integers alone, so that any language makes the same bytes: two textured ellipses
 * cross in front of a plate that pans. Grids and offsets are of 32 bits unsigned, as in
 * {@link file://./made-weights.ts}; everything else stays far below 2^53.
 */
export const madeWidth = 320;
export const madeHeight = 180;

/** The two objects; 0 is in front. */
export type MadeObject = 0 | 1;

/** Frame `index`, interleaved 8-bit RGB of 320 x 180. Each frame depends on its number only. */
export function madeFrame(index: number): Uint8Array {
  const frame = new Uint8Array(3 * madeWidth * madeHeight);
  const places = ([0, 1] as const).map((which) => place(index, which));
  for (let y = 0; y < madeHeight; y += 1) {
    for (let x = 0; x < madeWidth; x += 1) {
      const which = places.findIndex((ellipse) => isInside(ellipse, x, y));
      const at = 3 * (y * madeWidth + x);
      for (let channel = 0; channel < 3; channel += 1) {
        const ellipse = places[which];
        if (ellipse === undefined) {
          // The plate pans one pixel a frame.
          frame[at + channel] = texture(x + index, y, 10 * channel) >> 1;
          continue;
        }
        // Counted from a far corner, so that no coordinate is negative.
        const [u, v] = [x - ellipse.x + 4096, y - ellipse.y + 4096];
        const cover = texture(u, v, 100 * (which + 1) + 10 * channel);
        const tint = channel === which ? 90 : 30;
        frame[at + channel] = Math.min(255, tint + ((cover * 5) >> 3));
      }
    }
  }
  return frame;
}

/** Where an object is on a frame, were it alone: 1 inside, 0 outside, 320 x 180. */
export function madeMask(index: number, which: MadeObject): Uint8Array {
  const ellipse = place(index, which);
  return Uint8Array.from({ length: madeWidth * madeHeight }, (_, at) =>
    Number(isInside(ellipse, at % madeWidth, Math.floor(at / madeWidth))),
  );
}

/** A textured square of `side` pixels, interleaved 8-bit RGB, for an encoder alone. */
export function madeSquare(side: number): Uint8Array {
  return Uint8Array.from({ length: 3 * side * side }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return texture(pixel % side, Math.floor(pixel / side), 200 + 10 * (at % 3));
  });
}

interface Ellipse {
  readonly x: number;
  readonly y: number;
  /** Half axes. */
  readonly a: number;
  readonly b: number;
}

function place(index: number, which: MadeObject): Ellipse {
  if (which === 0) return { x: 70 + 7 * index, y: 60 + 2 * index, a: 38 + index, b: 30 };
  return { x: 260 - 5 * index, y: 130 - ((index * index) >> 3), a: 24, b: 34 - (index >> 1) };
}

function isInside({ x: left, y: top, a, b }: Ellipse, x: number, y: number): boolean {
  const [dx, dy] = [x - left, y - top];
  return dx * dx * b * b + dy * dy * a * a <= a * a * b * b;
}

/** Three octaves of noise, the coarse ones stronger: 0..255. */
function texture(x: number, y: number, seed: number): number {
  return (4 * noise(x, y, 6, seed) + 3 * noise(x, y, 4, seed + 1) + noise(x, y, 2, seed + 2)) >> 3;
}

/** Lattice points 2^bits pixels apart, bilinearly joined, rounded down: 0..255. */
function noise(x: number, y: number, bits: number, seed: number): number {
  const cell = 1 << bits;
  const [i, j, u, v] = [x >> bits, y >> bits, x & (cell - 1), y & (cell - 1)];
  const top = lattice(i, j, seed) * (cell - u) + lattice(i + 1, j, seed) * u;
  const bottom = lattice(i, j + 1, seed) * (cell - u) + lattice(i + 1, j + 1, seed) * u;
  return (top * (cell - v) + bottom * v) >> (2 * bits);
}

/** A value of 0..255 for each point of a grid. */
function lattice(i: number, j: number, seed: number): number {
  return mix(mix(mix(seed) + i) + j) >>> 24;
}

/** The finaliser of MurmurHash3. */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85_eb_ca_6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2_b2_ae_35);
  return (x ^ (x >>> 16)) >>> 0;
}
