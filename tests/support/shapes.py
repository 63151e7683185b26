"""Random masks and maps for metric tests: blobs with holes and parts, of any size."""

import cv2
import numpy as np
from numpy.typing import NDArray


def blob(rng: np.random.Generator, height: int, width: int) -> NDArray[np.bool_]:
    """Return smooth random shapes, which may touch the frame, have holes and fall into parts."""
    noise = rng.standard_normal((height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), min(height, width) / 8 + 0.5)
    return np.asarray(smooth > np.quantile(smooth, rng.uniform(0.3, 0.8)))


def soft_map(rng: np.random.Generator, truth: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return an 8-bit map that resembles a mask."""
    noisy = cv2.GaussianBlur(truth.astype(np.float32), (0, 0), 2) + rng.normal(0, 0.2, truth.shape)
    return np.asarray(np.clip(noisy * 255, 0, 255).astype(np.uint8))
