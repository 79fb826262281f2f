"""Files of arrays for the tests: safetensors, float32, written without a library."""

import json
from pathlib import Path

import numpy as np

from made_weights import made_units

FIXTURES = Path(__file__).parent.parent / "test" / "sam2" / "fixtures"


class FixtureFile:
    """Collects arrays under names and writes them into one file."""

    def __init__(self, name: str):
        self.name = name
        self.arrays: dict[str, np.ndarray] = {}

    def add(self, name: str, array) -> None:
        """Keeps a whole array, float32."""
        array = np.ascontiguousarray(array, dtype=np.float32)
        assert name not in self.arrays and np.isfinite(array).all(), name
        self.arrays[name] = array

    def sample(self, name: str, array, count: int) -> None:
        """Keeps `count` values at fixed places, and of all of them count, minimum, maximum, mean."""
        flat = np.asarray(array, dtype=np.float32).reshape(-1)
        self.add(name, flat[sample_places(flat.size, count)])
        stats = [flat.size, flat.min(), flat.max(), flat.astype(np.float64).mean()]
        self.add(f"{name}.stats", stats)

    def write(self, folder: Path = FIXTURES) -> None:
        header, offset = {}, 0
        for name, array in self.arrays.items():
            end = offset + array.nbytes
            entry = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, end]}
            header[name], offset = entry, end
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.safetensors"
        with open(path, "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for array in self.arrays.values():
                file.write(array.astype("<f4").tobytes())
        print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


def sample_places(size: int, count: int) -> np.ndarray:
    """Where samples of an array of `size` values lie: the same for every array of the size."""
    return np.floor((made_units("samples", count) + 1) / 2 * size).astype(np.int64)
