/** Rectangle of whole pixels: `left` and `top` inside, `right` and `bottom` one past the end. */
export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The least box around every value in `least..most` of a picture, or undefined where there is
 * none.
 */
export function boundsOf(
  values: Uint16Array,
  width: number,
  range: { readonly least: number; readonly most: number },
): PixelBox | undefined {
  const height = Math.floor(values.length / width);
  const { least, most } = range;
  let left = width;
  let right = 0;
  let top = height;
  let bottom = 0;
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let first = 0;
    while (first < width && !within(values[row + first] ?? 0, least, most)) first++;
    if (first === width) continue;
    let last = width - 1;
    while (!within(values[row + last] ?? 0, least, most)) last--;
    left = Math.min(left, first);
    right = Math.max(right, last + 1);
    top = Math.min(top, y);
    bottom = y + 1;
  }
  return bottom === 0 ? undefined : { left, top, right, bottom };
}

/** The box made larger by `margin` pixels on every side, cut at the picture's borders. */
export function growBox(box: PixelBox, margin: number, width: number, height: number): PixelBox {
  return {
    left: Math.max(0, box.left - margin),
    top: Math.max(0, box.top - margin),
    right: Math.min(width, box.right + margin),
    bottom: Math.min(height, box.bottom + margin),
  };
}

function within(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

/** The box cut into squares of `side` pixels, row by row; the last ones may be smaller. */
export function* tilesOf(box: PixelBox, side: number): Generator<PixelBox, void, void> {
  for (let top = box.top; top < box.bottom; top += side) {
    for (let left = box.left; left < box.right; left += side) {
      yield {
        left,
        top,
        right: Math.min(left + side, box.right),
        bottom: Math.min(top + side, box.bottom),
      };
    }
  }
}

/** The values of a box as a picture of its own. */
export function cutOut(values: Uint16Array, width: number, box: PixelBox): Uint16Array {
  const across = box.right - box.left;
  const part = new Uint16Array(across * (box.bottom - box.top));
  for (let y = box.top; y < box.bottom; y++) {
    const row = values.subarray(y * width + box.left, y * width + box.right);
    part.set(row, (y - box.top) * across);
  }
  return part;
}

/** Puts a picture of a box's size back where {@link cutOut} took it from. */
export function putBack(
  values: Uint16Array,
  width: number,
  box: PixelBox,
  part: Uint16Array,
): void {
  const across = box.right - box.left;
  for (let y = box.top; y < box.bottom; y++) {
    const from = (y - box.top) * across;
    values.set(part.subarray(from, from + across), y * width + box.left);
  }
}
