"""Meta's own predictor with made weights, at any input size."""

import functools

import torch
from sam2.build_sam import build_sam2_video_predictor

from made_weights import made_weights

CONFIGS = {
    "sam2.1-tiny": "t",
    "sam2.1-small": "s",
    "sam2.1-base-plus": "b+",
    "sam2.1-large": "l",
}


@functools.cache
def made_tensor(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.from_numpy(made_weights(name, shape))


def build_predictor(model: str, input_size: int, postprocessing=False, options=()):
    """The video predictor of sam2 1.1.0 on the CPU, in float32.

    The published configuration has sizes for 1024 in three places; the prompt encoder, the heads
    and the position embeddings follow from `image_size`, the tables of rotary embeddings do not.
    """
    side = input_size // 16
    overrides = [f"++model.image_size={input_size}"]
    for layer in ("self_attention", "cross_attention"):
        overrides.append(f"++model.memory_attention.layer.{layer}.feat_sizes=[{side},{side}]")
    predictor = build_sam2_video_predictor(
        f"configs/sam2.1/sam2.1_hiera_{CONFIGS[model]}.yaml",
        ckpt_path=None,
        device="cpu",
        apply_postprocessing=postprocessing,
        hydra_overrides_extra=[*overrides, *options],
    )
    check_sizes(predictor, input_size)
    predictor.memory_attention.register_forward_pre_hook(memory_in_float32, with_kwargs=True)
    shapes = {name: tuple(value.shape) for name, value in predictor.state_dict().items()}
    predictor.load_state_dict({name: made_tensor(name, shape) for name, shape in shapes.items()})
    return predictor.eval()


def memory_in_float32(_, positional, named):
    """The state keeps memory in bfloat16; without autocast the reference fails where no pointer,
    which is float32, is joined to it."""
    return positional, {**named, "memory": named["memory"].float()}


def check_sizes(predictor, input_size: int) -> None:
    """Everything that has to follow the input size does."""
    side = input_size // 16
    assert predictor.image_size == input_size
    assert predictor.sam_image_embedding_size == side
    encoder = predictor.sam_prompt_encoder
    assert encoder.input_image_size == (input_size, input_size)
    assert encoder.image_embedding_size == (side, side)
    assert encoder.mask_input_size == (4 * side, 4 * side)
    for layer in predictor.memory_attention.layers:
        assert layer.self_attn.freqs_cis.shape[0] == side * side
        assert layer.cross_attn_image.freqs_cis.shape[0] == side * side
        assert layer.cross_attn_image.rope_k_repeat
