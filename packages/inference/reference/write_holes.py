"""Writes what filling small holes gives, by a plain labelling: the reference's own is for CUDA only.

A hole is a set of cells that are not above 0, connected by sides or corners, of at most `area` cells;
its logits become 0.1.
"""

import numpy as np

from fixture_file import FixtureFile
from made_weights import made_values

AREAS = (1, 8, 40)
SIDE = 64


def made_logits(name: str) -> np.ndarray:
    """Noise of two sizes, so that holes of every size come about."""
    coarse = made_values(f"{name}.coarse", (SIDE // 8, SIDE // 8), 0, 3).repeat(8, 0).repeat(8, 1)
    return coarse + made_values(f"{name}.fine", (SIDE, SIDE), 1, 4)


def label(empty: np.ndarray) -> np.ndarray:
    """Numbers of connected sets, from 1: every cell takes the least number around until none can."""
    numbers = np.where(empty, np.arange(1, empty.size + 1).reshape(empty.shape), 0)
    while True:
        padded = np.pad(np.where(empty, numbers, empty.size + 1), 1, constant_values=empty.size + 1)
        height, width = empty.shape
        around = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
        least = np.where(empty, np.minimum.reduce(around), 0)
        if (least == numbers).all():
            return numbers
        numbers = least


def fill(logits: np.ndarray, area: int) -> np.ndarray:
    numbers = label(logits <= 0)
    counts = np.bincount(numbers.reshape(-1))
    holes = (numbers > 0) & (counts[numbers] <= area)
    return np.where(holes, np.float32(0.1), logits)


if __name__ == "__main__":
    file = FixtureFile("holes")
    for name in ("holes-0", "holes-1"):
        logits = made_logits(name)
        for area in AREAS:
            filled = fill(logits, area)
            # Cells that were filled, from the first row on.
            file.add(f"{name}.{area}", np.flatnonzero(filled != logits))
    file.write()
