"""Runs a network on windows of any size and returns a probability for each of their pixels."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from imaging.canvas import letterbox, place, restore
from imaging.images import Pixels
from training.module import normalised_pixels

Probability = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Predicted:
    """One window's result."""

    probability: Probability  # (H, W), 255 = certainly the instance; 128 and above is the mask
    latency: float  # ms, the window's share of its batch


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """A network, and the canvas that it was trained on."""

    network: nn.Module
    canvas: int
    device: torch.device

    def predict(self, windows: Sequence[Pixels]) -> list[Predicted]:
        """Predict windows as one batch; each has its own size, and its own placement on the common canvas.

        Args:
            windows: (H, W, 3) uint8 RGB each.
        """
        started = time.perf_counter()
        placements = [place(window.shape[0], window.shape[1], self.canvas) for window in windows]
        with ThreadPoolExecutor(2) as pool:
            placed = list(pool.map(letterbox, windows, placements))
        logits = self._logits(np.stack(placed))
        jobs = zip(logits, placements, windows, strict=True)
        probabilities = [to_probability(restore(one, place_, *window.shape[:2])) for one, place_, window in jobs]
        latency = (time.perf_counter() - started) * 1000 / len(windows)
        return [Predicted(probability, latency) for probability in probabilities]

    def _logits(self, canvases: Pixels) -> npt.NDArray[np.float32]:
        with torch.inference_mode():
            images = normalised_pixels(torch.from_numpy(canvases).to(self.device))
            return np.asarray(self.network(images)[:, 0].float().cpu().numpy(), np.float32)


def to_probability(logits: npt.NDArray[np.float32]) -> Probability:
    """Return the sigmoid of logits in 8 bits; a logit of 0 is 128.

    Args:
        logits: (H, W) float32.

    Returns:
        (H, W) uint8.
    """
    probability = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return np.floor(probability * 255 + 0.5).astype(np.uint8)


def encode_probability(probability: Probability) -> bytes:
    """Write a probability map as an 8-bit gray PNG.

    Args:
        probability: (H, W) uint8.
    """
    written, data = cv2.imencode(".png", probability)
    if not written:
        raise ValueError(f"OpenCV cannot write a PNG of {probability.shape}")
    return bytes(data)
