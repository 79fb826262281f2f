"""A clip made from integers: two textured objects that move over a textured plate.

The twin of packages/inference/test/support/made-clip.ts, which describes it; the same bytes in both.
"""

import numpy as np

WIDTH, HEIGHT = 320, 180


def mix(x) -> np.ndarray:
    """The finaliser of MurmurHash3, on uint32."""
    with np.errstate(over="ignore"):
        x = np.asarray(x, dtype=np.uint32)
        x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        return x ^ (x >> np.uint32(16))


def lattice(i, j, seed: int) -> np.ndarray:
    """A value of 0..255 for each point (i, j) of a grid."""
    with np.errstate(over="ignore"):
        i, j = np.asarray(i).astype(np.uint32), np.asarray(j).astype(np.uint32)
        return (mix(mix(mix(seed) + i) + j) >> np.uint32(24)).astype(np.int64)


def noise(x, y, bits: int, seed: int) -> np.ndarray:
    """Lattice points 2^bits pixels apart, bilinearly joined, rounded down: 0..255."""
    cell = 1 << bits
    i, j, u, v = x >> bits, y >> bits, x & (cell - 1), y & (cell - 1)
    top = lattice(i, j, seed) * (cell - u) + lattice(i + 1, j, seed) * u
    bottom = lattice(i, j + 1, seed) * (cell - u) + lattice(i + 1, j + 1, seed) * u
    return (top * (cell - v) + bottom * v) >> (2 * bits)


def texture(x, y, seed: int) -> np.ndarray:
    """Three octaves of noise, the coarse ones stronger: 0..255."""
    sum_ = 4 * noise(x, y, 6, seed) + 3 * noise(x, y, 4, seed + 1) + noise(x, y, 2, seed + 2)
    return sum_ >> 3


def made_mask(index: int, which: int) -> np.ndarray:
    """Where object 0 or 1 is on a frame, were it alone: an ellipse; bool, HEIGHT x WIDTH."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    left, top, a, b = place(index, which)
    dx, dy = x - left, y - top
    return dx * dx * b * b + dy * dy * a * a <= a * a * b * b


def place(index: int, which: int) -> tuple[int, int, int, int]:
    """Center and half axes of an object on a frame, in pixels."""
    if which == 0:
        return 70 + 7 * index, 60 + 2 * index, 38 + index, 30
    return 260 - 5 * index, 130 - (index * index >> 3), 24, 34 - (index >> 1)


def made_frame(index: int) -> np.ndarray:
    """Frame `index`, RGB, uint8, HEIGHT x WIDTH x 3."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    frame = np.empty((HEIGHT, WIDTH, 3), dtype=np.uint8)
    for channel in range(3):
        # The plate pans one pixel a frame.
        frame[..., channel] = texture(x + index, y, 10 * channel) >> 1
        for which in (1, 0):
            left, top, _, _ = place(index, which)
            # Counted from a far corner, so that no coordinate is negative.
            cover = texture(x - left + 4096, y - top + 4096, 100 * (which + 1) + 10 * channel)
            tint = 90 if channel == which else 30
            inside = made_mask(index, which)
            frame[..., channel][inside] = np.minimum(255, tint + (cover[inside] * 5 >> 3))
    return frame


def made_square(side: int) -> np.ndarray:
    """A textured picture for the encoder alone, RGB, uint8, side x side x 3."""
    y, x = np.mgrid[0:side, 0:side]
    planes = [texture(x, y, 200 + 10 * channel) for channel in range(3)]
    return np.stack(planes, axis=-1).astype(np.uint8)
