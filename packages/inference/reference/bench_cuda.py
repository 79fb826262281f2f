"""Frames per second of Meta's compiled predictor on CUDA, with the memory full.

    python bench_cuda.py [--size 1024] [--model sam2.1-tiny] [--frames 30]

Prints a line of JSON: {"size", "fps", "gpu", "torch"}. The networks are compiled as
`SAM2VideoPredictorVOS` does it and run under bfloat16 autocast, with made weights. A frame goes from
the host's bytes to the mask on the host. The median of `--frames` frames.
"""

import argparse
import json
import statistics
import sys
import time

import torch

from bench import full_memory, track
from predictor import build_predictor

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--model", default="sam2.1-tiny")
    parser.add_argument("--frames", type=int, default=30)
    return parser.parse_args()


def to_card(value):
    if isinstance(value, torch.Tensor):
        return value.cuda()
    if isinstance(value, dict):
        return {key: to_card(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [to_card(inner) for inner in value]
    return value


def compile_networks(predictor) -> None:
    """Every network of a tracked frame; the memory's length is dynamic."""
    encoder = predictor.image_encoder
    encoder.forward = torch.compile(encoder.forward, mode="max-autotune", fullgraph=True)
    memory = predictor.memory_encoder
    memory.forward = torch.compile(memory.forward, mode="max-autotune", fullgraph=True)
    attention = predictor.memory_attention
    attention.forward = torch.compile(attention.forward, mode="max-autotune", dynamic=True)
    decoder = predictor.sam_mask_decoder
    decoder.forward = torch.compile(decoder.forward, mode="max-autotune")


def normalised(square: torch.Tensor) -> torch.Tensor:
    pixels = square.cuda().permute(2, 0, 1)[None].float() / 255
    mean, deviation = (torch.tensor(each, device="cuda").view(1, 3, 1, 1) for each in (MEAN, DEVIATION))
    return (pixels - mean) / deviation


def measure(asked) -> dict:
    predictor = build_predictor(asked.model, asked.size)
    memory = to_card(full_memory(predictor, asked.size))
    predictor = predictor.cuda()
    compile_networks(predictor)
    square = torch.randint(0, 256, (asked.size, asked.size, 3), dtype=torch.uint8)
    seconds = []
    # The first ones compile.
    for round_ in range(asked.frames + 5):
        start = time.perf_counter()
        with torch.autocast("cuda", dtype=torch.bfloat16):
            track(predictor, normalised(square), memory)["pred_masks"].cpu()
        torch.cuda.synchronize()
        if round_ >= 5:
            seconds.append(time.perf_counter() - start)
    return {
        "size": asked.size,
        "fps": 1 / statistics.median(seconds),
        "gpu": torch.cuda.get_device_name(),
        "torch": torch.__version__,
    }


if __name__ == "__main__":
    if not torch.cuda.is_available():
        sys.exit("Expected torch with CUDA, but it finds none.")
    with torch.inference_mode():
        print(json.dumps(measure(arguments())), flush=True)
