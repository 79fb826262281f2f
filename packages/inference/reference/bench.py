"""Seconds that Meta's predictor takes for a tracked frame on the CPU, with the memory full.

    python bench.py [--size 1024,512] [--threads 2] [--frames 5]

Prints a line of JSON for each size: {"size", "fp32", "bf16", "threads"}. A frame is encoded, attends
to 7 frames of memory and 16 pointers, is decoded and remembered, by the smallest network with made
weights. The median of `--frames` frames; bf16 is PyTorch's autocast, in turn with fp32 frame by
frame so that a busy machine slows both.
"""

import argparse
import json
import os
import statistics
import time

import torch

from made_weights import made_values
from predictor import build_predictor


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="1024,512")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--frames", type=int, default=5)
    return parser.parse_args()


def full_memory(predictor, size: int):
    """What is remembered of a conditioning frame and the 15 frames after it, as it is stored."""
    side = size // 16
    # The frames in front of the tracked one give six memories and fifteen pointers.
    position = predictor.memory_encoder.position_encoding(torch.zeros(1, 64, side, side))

    def record(index: int) -> dict:
        memory = made_values(f"bench.memory.{index}", (1, 64, side, side), 0, 1.6)
        return {
            "maskmem_features": torch.from_numpy(memory).to(torch.bfloat16),
            "maskmem_pos_enc": [position],
            "obj_ptr": torch.from_numpy(made_values(f"bench.pointer.{index}", (1, 256), 0, 2)),
        }

    return {
        "cond_frame_outputs": {0: record(0)},
        "non_cond_frame_outputs": {index: record(index) for index in range(1, 16)},
    }


def track(predictor, image, memory) -> dict:
    """One tracked frame, from pixels to what is remembered of it."""
    output = predictor.forward_image(image)
    _, features, positions, sizes = predictor._prepare_backbone_features(output)
    return predictor.track_step(
        frame_idx=16,
        is_init_cond_frame=False,
        current_vision_feats=features,
        current_vision_pos_embeds=positions,
        feat_sizes=sizes,
        point_inputs=None,
        mask_inputs=None,
        output_dict=memory,
        num_frames=100,
    )


def timed(predictor, image, memory, bf16: bool) -> float:
    start = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        track(predictor, image, memory)
    return time.perf_counter() - start


def attended(predictor, memory) -> tuple[int, int]:
    """Frames of memory and pointers that a tracked frame attends to."""
    frames, pointers = len(memory["cond_frame_outputs"]), len(memory["cond_frame_outputs"])
    tracked = len(memory["non_cond_frame_outputs"])
    frames += min(tracked, predictor.num_maskmem - 1)
    pointers += min(tracked, predictor.max_obj_ptrs_in_encoder - 1)
    return frames, pointers


def measure(size: int, frames: int) -> dict:
    predictor = build_predictor("sam2.1-tiny", size)
    image = torch.from_numpy(made_values("bench.image", (1, 3, size, size), 0, 2))
    memory = full_memory(predictor, size)
    assert attended(predictor, memory) == (7, 16)
    seconds = {False: [], True: []}
    for round_ in range(frames + 1):
        for bf16 in (False, True):
            took = timed(predictor, image, memory, bf16)
            # The first one warms the caches.
            if round_ > 0:
                seconds[bf16].append(took)
    return {
        "size": size,
        "fp32": statistics.median(seconds[False]),
        "bf16": statistics.median(seconds[True]),
        "threads": torch.get_num_threads(),
    }


if __name__ == "__main__":
    asked = arguments()
    torch.set_num_threads(asked.threads)
    with torch.inference_mode():
        for size in map(int, asked.size.split(",")):
            print(json.dumps(measure(size, asked.frames)), flush=True)
