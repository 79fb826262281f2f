"""Writes what each network of the reference says to made inputs.

The cases are those of test/sam2/module-cases.json; inputs are made from their names on both sides.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sam2.modeling.sam2_utils import get_1d_sine_pe

from fixture_file import FixtureFile
from made_clip import made_square
from made_weights import made_units, made_values
from predictor import build_predictor

CASES = Path(__file__).parent.parent / "test" / "sam2" / "module-cases.json"
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

# Places kept of a large array.
SAMPLES = 4096


def made(name: str, shape, amplitude: float) -> torch.Tensor:
    return torch.from_numpy(made_values(name, shape, 0, amplitude))


def made_features(size: int):
    """What the encoder might say of a picture: fine, middle and image features."""
    side = size // 16
    return (
        made(f"features-{size}.fine", (1, 32, 4 * side, 4 * side), 2.5),
        made(f"features-{size}.middle", (1, 64, 2 * side, 2 * side), 4),
        made(f"features-{size}.image", (1, 256, side, side), 4),
    )


def as_sequence(features: torch.Tensor) -> torch.Tensor:
    return features.flatten(2).permute(2, 0, 1)


def write_encoder(cases) -> None:
    file = FixtureFile("encoder")
    for case in cases:
        size = case["inputSize"]
        predictor = build_predictor(case["model"], size)
        pixels = torch.from_numpy(made_square(size) / 255.0).permute(2, 0, 1).float()
        pixels = (pixels - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[:, None, None]
        output = predictor.forward_image(pixels[None])
        for name, array in zip(("fine", "middle", "image"), output["backbone_fpn"]):
            file.sample(f"{case['name']}.{name}", array, SAMPLES)
    file.write()


def write_attention(cases) -> None:
    file = FixtureFile("attention")
    for case in cases:
        size, side = case["inputSize"], case["inputSize"] // 16
        predictor = build_predictor("sam2.1-tiny", size)
        _, _, image = made_features(size)
        position = predictor.image_encoder.neck.position_encoding(image)
        memory_position = predictor.memory_encoder.position_encoding(torch.zeros(1, 64, side, side))
        memory, memory_positions = [], []
        for index, row in enumerate(case["rows"]):
            tokens = made(f"{case['name']}.block.{index}", (side * side, 64), 1.6)
            memory.append(tokens[:, None])
            memory_positions.append(as_sequence(memory_position) + predictor.maskmem_tpos_enc[row])
        pointers = len(case["positions"])
        if pointers:
            made_pointers = [made(f"{case['name']}.pointer.{i}", (256,), 2) for i in range(pointers)]
            memory.append(torch.cat(made_pointers).reshape(-1, 1, 64))
            times = get_1d_sine_pe(torch.tensor(case["positions"]), dim=256)
            times = predictor.obj_ptr_tpos_proj(times)[:, None]
            memory_positions.append(times.repeat_interleave(4, dim=0))
        output = predictor.memory_attention(
            curr=[as_sequence(image)],
            curr_pos=[as_sequence(position)],
            memory=torch.cat(memory),
            memory_pos=torch.cat(memory_positions),
            num_obj_ptr_tokens=4 * pointers,
        )
        image = output.permute(1, 2, 0).reshape(1, 256, side, side)
        file.sample(case["name"], image, SAMPLES)
    file.write()


def write_memory(cases) -> None:
    file = FixtureFile("memory")
    for case in cases:
        size, side = case["inputSize"], case["inputSize"] // 16
        predictor = build_predictor("sam2.1-tiny", size)
        predictor.binarize_mask_from_pts_for_mem_enc = case["binary"]
        _, _, image = made_features(size)
        logits = made(f"{case['name']}.logits", (1, 1, 4 * side, 4 * side), 6)
        high = F.interpolate(logits, size=(size, size), mode="bilinear", align_corners=False)
        memory, _ = predictor._encode_new_memory(
            current_vision_feats=[as_sequence(image)],
            feat_sizes=[(side, side)],
            pred_masks_high_res=high,
            object_score_logits=torch.tensor([[1.0 if case["present"] else -1.0]]),
            is_mask_from_pts=case["binary"],
        )
        # As the state keeps it, token after token.
        file.sample(case["name"], as_sequence(memory), SAMPLES)
    file.write()


def write_decoder(cases) -> None:
    file = FixtureFile("decoder")
    for case in cases:
        size, side = case["inputSize"], case["inputSize"] // 16
        predictor = build_predictor("sam2.1-tiny", size)
        fine, middle, _ = made_features(size)
        image = made(f"{case['name']}.image", (1, 256, side, side), 2)
        points = case["points"] or [[0, 0, -1]]
        table = torch.tensor([points], dtype=torch.float32)
        mask = made(f"{case['name']}.mask", (1, 1, 4 * side, 4 * side), 8) if case["mask"] else None
        sparse, dense = predictor.sam_prompt_encoder(
            points=(table[..., :2], table[..., 2].int()), boxes=None, masks=mask
        )
        masks, ious, tokens, score = predictor.sam_mask_decoder.predict_masks(
            image_embeddings=image,
            image_pe=predictor.sam_prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            repeat_image=False,
            high_res_features=[fine, middle],
        )
        for index in range(4):
            file.sample(f"{case['name']}.masks.{index}", masks[0, index], SAMPLES // 4)
        file.add(f"{case['name']}.ious", ious[0])
        file.add(f"{case['name']}.score", score[0])
        file.add(f"{case['name']}.pointers", predictor.obj_ptr_proj(tokens)[0])
    file.write()


def write_shrink(cases) -> None:
    file = FixtureFile("shrink")
    for case in cases:
        size = case["inputSize"]
        predictor = build_predictor("sam2.1-tiny", size)
        mask = (made_units(f"{case['name']}.mask", size * size) > 0).astype(np.float32)
        output = predictor.mask_downsample(torch.from_numpy(mask).reshape(1, 1, size, size))
        file.add(case["name"], output)
    file.write()


WRITERS = {
    "encoder": write_encoder,
    "attention": write_attention,
    "memory": write_memory,
    "decoder": write_decoder,
    "shrink": write_shrink,
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    cases = json.loads(CASES.read_text())
    with torch.inference_mode():
        for kind in sys.argv[1:] or WRITERS:
            WRITERS[kind](cases[kind])
