"""Plays a scenario of test/sam2/scenarios.json with Meta's predictor.

A scenario is a list of calls that both sides make. What they say is written down call by call: the
masks of all objects on the frame of a prompt, and on every frame of a propagation.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import sam2.modeling.sam2_base as sam2_base
import sam2.sam2_video_predictor as video_predictor
import torch
import torch.nn.functional as F
from PIL import Image

from made_clip import made_mask
from predictor import build_predictor

ABSENT = -1024.0
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass
class Said:
    """One object's mask on one frame, as one call said it."""

    step: int
    frame: int
    object: int
    logits: np.ndarray
    score: float


def no_progress(frames, **_):
    return frames


def guard_single_frame() -> None:
    """A clip of one frame has pointers 0/0 of the way back; 0 is meant, for which there is no code."""
    plain = sam2_base.get_1d_sine_pe

    def guarded(positions, dim, temperature=10000):
        return plain(torch.nan_to_num(positions, nan=0.0), dim, temperature)

    sam2_base.get_1d_sine_pe = guarded


guard_single_frame()
video_predictor.tqdm = no_progress
# The extension that fills holes is for CUDA only; elsewhere the reference skips it.
warnings.filterwarnings("ignore", message=".*Skipping the post-processing.*")


def square(frame: np.ndarray, size: int) -> np.ndarray:
    """A frame as the reference's reader of JPEG files resizes it: uint8, bicubic, stretched."""
    return np.array(Image.fromarray(frame).resize((size, size)))


def load_frames(frames, size: int) -> torch.Tensor:
    """Frames as the reference's reader of JPEG files gives them, but for the JPEG."""
    images = torch.zeros(len(frames), 3, size, size, dtype=torch.float32)
    for index, frame in enumerate(frames):
        images[index] = torch.from_numpy(square(frame, size) / 255.0).permute(2, 0, 1)
    images -= torch.tensor(MEAN, dtype=torch.float32)[:, None, None]
    images /= torch.tensor(DEVIATION, dtype=torch.float32)[:, None, None]
    return images


def options_of(rules: dict) -> list[str]:
    """The reference's options for rules as packages/inference names them."""
    correct = str(rules.get("addAllFramesToCorrectAsCond", True)).lower()
    return [
        f"++model.add_all_frames_to_correct_as_cond={correct}",
        f"++model.max_cond_frames_in_attn={rules.get('maxCondFrames', -1)}",
        f"++model.memory_temporal_stride_for_eval={rules.get('memoryStride', 1)}",
    ]


class Player:
    """Meta's predictor on a clip, call by call."""

    def __init__(self, scenario: dict, frames, mask_of=made_mask, model="sam2.1-tiny"):
        """`mask_of` gives the mask of a frame and an object, for prompts by mask."""
        size, rules = scenario["inputSize"], scenario["rules"]
        product = rules["preset"] == "product"
        self.predictor = build_predictor(model, size, product, options_of(rules))
        with torch.no_grad():
            head = self.predictor.sam_mask_decoder.pred_obj_score_head
            head.layers[-1].bias += scenario.get("scoreShift", 0)
        self.mask_of = mask_of
        loaded = (load_frames(frames, size), *frames[0].shape[:2])
        video_predictor.load_video_frames = lambda **_: loaded
        self.state = self.predictor.init_state("frames")
        self.said: list[Said] = []

    @torch.inference_mode()
    def play(self, steps) -> list[Said]:
        for number, step in enumerate(steps):
            getattr(self, step["do"])(number, step)
        return self.said

    def points(self, number: int, step: dict) -> None:
        table = np.array(step["points"], dtype=np.float32).reshape(-1, 3)
        known = self.state["obj_id_to_idx"].get(step["object"])
        starts = known is None or step["frame"] not in self.state["frames_tracked_per_obj"][known]
        _, _, masks = self.predictor.add_new_points_or_box(
            self.state,
            frame_idx=step["frame"],
            obj_id=step["object"],
            points=table[:, :2] if len(table) else None,
            labels=table[:, 2].astype(np.int32) if len(table) else None,
            clear_old_points=not step.get("keep", False),
            box=step.get("box"),
        )
        self._write_prompted(number, step["frame"], masks, starts)

    def mask(self, number: int, step: dict) -> None:
        given = step["mask"]
        known = self.state["obj_id_to_idx"].get(step["object"])
        starts = known is None or step["frame"] not in self.state["frames_tracked_per_obj"][known]
        _, _, masks = self.predictor.add_new_mask(
            self.state, step["frame"], step["object"], self.mask_of(given["frame"], given["which"])
        )
        self._write_prompted(number, step["frame"], masks, starts)

    def clear(self, number: int, step: dict) -> None:
        _, _, masks = self.predictor.clear_all_prompts_in_frame(
            self.state, step["frame"], step["object"]
        )
        self._write(number, step["frame"], masks, ("cond_frame_outputs", "non_cond_frame_outputs"))

    def remove(self, _: int, step: dict) -> None:
        self.predictor.remove_object(self.state, step["object"])

    def propagate(self, number: int, step: dict) -> None:
        frames = self.predictor.propagate_in_video(
            self.state, step.get("start"), step.get("most"), step.get("reverse", False)
        )
        for frame, _, masks in frames:
            keys = ("cond_frame_outputs", "non_cond_frame_outputs")
            self._write(number, frame, masks, keys)

    def _write_prompted(self, number: int, frame: int, masks, starts: bool) -> None:
        cond = starts or self.predictor.add_all_frames_to_correct_as_cond
        fresh = "cond_frame_outputs" if cond else "non_cond_frame_outputs"
        self._write(number, frame, masks, (fresh,), fresh=True)

    def _write(self, number: int, frame: int, masks, keys, fresh=False) -> None:
        """Writes down what was stored, having made sure that it is what was said."""
        for index, name in self.state["obj_idx_to_id"].items():
            stored = self._stored(index, frame, keys, fresh)
            full = masks[index, 0].float()
            if stored is None:
                side = self.predictor.image_size // 4
                logits, score = torch.full((1, 1, side, side), ABSENT), ABSENT
                assert bool((full == ABSENT).all())
            else:
                logits, score = stored["pred_masks"], stored["object_score_logits"].item()
                size = full.shape
                same = F.interpolate(logits, size=size, mode="bilinear", align_corners=False)
                assert torch.equal(same[0, 0], full)
            said = Said(number, frame, name, logits[0, 0].numpy(), score)
            assert np.isfinite(said.logits).all()
            self.said.append(said)

    def _stored(self, index: int, frame: int, keys, fresh: bool):
        kept = self.state["output_dict_per_obj"][index]
        shelves = [kept["cond_frame_outputs"], kept["non_cond_frame_outputs"]]
        if fresh:
            shelves.insert(0, self.state["temp_output_dict_per_obj"][index][keys[0]])
        return next((shelf[frame] for shelf in shelves if frame in shelf), None)
