"""Weights made from nothing but a tensor's name and shape.

The twin of packages/inference/test/support/made-weights.ts, where the rule is described: both give
the same bits, which test/made-weights.test.ts proves with values that write_weights.py wrote down.
"""

import math
import re

import numpy as np

# Rules for tensors that are no matrix or convolution: (pattern, center, amplitude).
VECTOR_RULES = [
    (r"norm.*\.weight$", 1, 0.1),
    (r"output_upscaling\.1\.weight$", 1, 0.1),
    (r"mask_downscaling\.[14]\.weight$", 1, 0.1),
    (r"mask_downsampler\.encoder\.(1|4|7|10)\.weight$", 1, 0.1),
    (r"\.gamma$", 0.3, 0.1),
    (r"pred_obj_score_head\.layers\.2\.bias$", 0.58, 0.05),
    (r"\.bias$", 0, 0.05),
    (r"positional_encoding_gaussian_matrix$", 0, 1.7),
    (r"pos_embed(_window)?$", 0, 0.1),
    (r"(embed|embeddings\.\d|tokens?)\.weight$", 0, 1),
    (r".", 0, 0.3),
]

# How much more a layer's output spreads than its input.
GAINS = [
    (r"sam_mask_decoder\.transformer\.layers\.\d\.self_attn\.(q|k)_proj\.weight$", 2.5),
    (r"\.(q_proj|k_proj)\.weight$", 1.5),
    (r"\.attn\.qkv\.weight$", 1.5),
    (r"output_hypernetworks_mlps\.\d\.layers\.2\.weight$", 2),
    (r"cross_attn_image\.(v_proj|out_proj)\.weight$", 2),
    (r"obj_ptr_proj\.layers\.2\.weight$", 2),
    (r"memory_encoder\.mask_downsampler\.encoder\.12\.weight$", 3),
    (r"memory_encoder\.out_proj\.weight$", 0.4),
    (r"memory_encoder\.pix_feat_proj\.weight$", 0.25),
    (r"iou_prediction_head\.layers\.2\.weight$", 4),
    (r"pred_obj_score_head\.layers\.2\.weight$", -8),
]

EMBEDDING = re.compile(r"(embed|embeddings\.\d|tokens?)\.weight$")


def fnv1a(text: str) -> int:
    """The FNV-1a hash of a text's UTF-8 bytes, 32 bits."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def made_units(name: str, count: int) -> np.ndarray:
    """`count` float64 values in [-1, 1) that depend on nothing but `name`; exact in float32."""
    with np.errstate(over="ignore"):
        index = np.arange(1, count + 1, dtype=np.uint32)
        x = np.uint32(fnv1a(name)) + index * np.uint32(0x9E3779B9)
        x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        x = x ^ (x >> np.uint32(16))
    return ((x >> np.uint32(8)).astype(np.float64) - 2**23) / 2**23


def made_values(name: str, shape, center=0.0, amplitude=1.0) -> np.ndarray:
    """A float32 array with values evenly in [center - amplitude, center + amplitude)."""
    units = made_units(name, math.prod(shape))
    return (center + amplitude * units).astype(np.float32).reshape(shape)


def made_rule(name: str, shape) -> tuple[float, float]:
    """Center and amplitude of a tensor of a checkpoint."""
    is_layer = name.endswith(".weight") and len(shape) >= 2 and not EMBEDDING.search(name)
    if is_layer:
        fan_in = shape[0] if "output_upscaling" in name else math.prod(shape[1:])
        gain = next((gain for pattern, gain in GAINS if re.search(pattern, name)), 1)
        return 0, gain * math.sqrt(3 / fan_in)
    return next((c, a) for pattern, c, a in VECTOR_RULES if re.search(pattern, name))


def made_weights(name: str, shape) -> np.ndarray:
    """The values of a tensor of a made checkpoint."""
    return made_values(name, shape, *made_rule(name, shape))
