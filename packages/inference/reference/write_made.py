"""Writes hashes of made weights and made frames, for the TypeScript twins to be held against."""

import hashlib
import json

import torch

from fixture_file import FIXTURES
from made_clip import made_frame, made_mask, made_square
from made_weights import made_weights
from predictor import CONFIGS, build_predictor
from scenario import square

# Up and down, one side or both.
STRETCHED = (64, 180, 200, 256, 320, 512, 1024)


def hash_weights(model: str, whole: bool) -> str:
    """SHA-256 of all tensors in the order of their names: whole, or the first 16 values of each."""
    digest = hashlib.sha256()
    shapes = {n: tuple(v.shape) for n, v in build_predictor(model, 256).state_dict().items()}
    for name in sorted(shapes):
        values = made_weights(name, shapes[name]).reshape(-1)
        digest.update((values if whole else values[:16]).astype("<f4").tobytes())
    return digest.hexdigest()


def hash_bytes(array) -> str:
    return hashlib.sha256(array.astype("uint8").tobytes()).hexdigest()


if __name__ == "__main__":
    torch.set_num_threads(1)
    made = {
        "wholeTiny": hash_weights("sam2.1-tiny", whole=True),
        "starts": {model: hash_weights(model, whole=False) for model in CONFIGS},
        "frames": {str(i): hash_bytes(made_frame(i)) for i in (0, 1, 11, 23)},
        "masks": {f"{i}/{which}": hash_bytes(made_mask(i, which)) for i in (0, 9) for which in (0, 1)},
        # Frame 3 as the reference's reader of pictures stretches it to a square, by Pillow.
        "stretched": {str(side): hash_bytes(square(made_frame(3), side)) for side in STRETCHED},
        "squares": {str(side): hash_bytes(made_square(side)) for side in (256, 512)},
    }
    (FIXTURES / "made.json").write_text(json.dumps(made, indent=2) + "\n")
