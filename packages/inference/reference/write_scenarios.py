"""Writes what Meta's predictor says in every scenario of test/sam2/scenarios.json."""

import json
import sys
from pathlib import Path

import numpy as np
import torch

from fixture_file import FixtureFile, sample_places
from made_clip import made_frame
from scenario import ABSENT, Player

SCENARIOS = Path(__file__).parent.parent / "test" / "sam2" / "scenarios.json"

# Places kept of each mask.
SAMPLES = 1024


def write(scenario: dict) -> None:
    frames = [made_frame(index) for index in range(scenario["frames"])]
    said = Player(scenario, frames).play(scenario["steps"])
    file = FixtureFile(f"scenario-{scenario['name']}")
    # One row for each mask: call, frame, object; score; minimum, maximum and mean of the logits.
    file.add("where", [[one.step, one.frame, one.object] for one in said])
    file.add("scores", [one.score for one in said])
    stats = [[s.logits.min(), s.logits.max(), s.logits.mean(dtype=np.float64)] for s in said]
    file.add("stats", stats)
    # Of masks of an object that is there only: the others are -1024 throughout.
    there = [one for one in said if one.score > 0]
    places = sample_places(said[0].logits.size, SAMPLES)
    file.add("logits", [one.logits.reshape(-1)[places] for one in there])
    for one in said:
        assert (one.logits == ABSENT).all() or one.score > 0 or abs(one.score) == 10, one.score
    file.write()
    scores = sorted(one.score for one in said if abs(one.score) < 1000)
    # Nearer to 0, rounding alone might tell whether the object is there.
    assert min(map(abs, scores)) > 0.002, f"{scenario['name']}: choose other prompts"
    spans = [np.ptp(one.logits) for one in there]
    print(
        f"  {len(said)} masks, {len(there)} there, logits span {min(spans):.1f} to {max(spans):.1f},"
        f" scores {scores[0]:.2f} to {scores[-1]:.2f}, nearest to 0 {min(map(abs, scores)):.4f}"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    for scenario in json.loads(SCENARIOS.read_text()):
        if len(sys.argv) == 1 or scenario["name"] in sys.argv[1:]:
            write(scenario)
