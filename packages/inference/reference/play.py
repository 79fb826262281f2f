"""Plays scenarios on frames that someone else brings, and writes all masks whole.

    python play.py FOLDER [--threads 2]

FOLDER has play.json: {"model", "width", "height", "scenarios"}, frames.rgb: the frames one after
another, interleaved 8-bit RGB, and masks.gray: as many masks of 0 and 1. For each scenario
<name>.safetensors is written there. `packages/inference/soak/sam2-reference.soak.ts` calls it.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from fixture_file import FixtureFile
from scenario import Player


def play(folder: Path) -> None:
    asked = json.loads((folder / "play.json").read_text())
    height, width = asked["height"], asked["width"]
    frames = np.fromfile(folder / "frames.rgb", np.uint8).reshape(-1, height, width, 3)
    masks = np.fromfile(folder / "masks.gray", np.uint8).reshape(-1, height, width)
    for scenario in asked["scenarios"]:
        player = Player(
            scenario,
            list(frames[: scenario["frames"]]),
            mask_of=lambda index, _: masks[index] > 0,
            model=asked["model"],
        )
        said = player.play(scenario["steps"])
        file = FixtureFile(scenario["name"])
        file.add("where", [[one.step, one.frame, one.object] for one in said])
        file.add("scores", [one.score for one in said])
        file.add("logits", np.stack([one.logits.reshape(-1) for one in said]))
        file.write(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    play(arguments.folder)
