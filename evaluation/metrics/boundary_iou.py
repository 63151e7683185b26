"""Boundary IoU: the overlap of the bands within a distance of either outline."""

import math

import cv2
import numpy as np

from imaging.masks.rle import Mask

_SHARE_OF_DIAGONAL = 0.02


def boundary_iou(predicted: Mask, truth: Mask, valid: Mask) -> float:
    """Return the IoU of the two inner bands, each `max(1, round(.02 × diagonal))` pixels wide.

    The frame counts as background, so a mask that touches it has a band there: this is the published definition, unlike the edge
    metrics. Two empty bands score 1.

    Args:
        predicted: (H, W) bool.
        truth: (H, W) bool.
        valid: (H, W) bool, False where pixels are ignored: they are not counted and make no edge.

    Source: Cheng et al., Boundary IoU, CVPR 2021.
    """
    width = max(1, round(_SHARE_OF_DIAGONAL * math.hypot(*truth.shape)))
    band_p, band_g = _band(predicted, valid, width), _band(truth, valid, width)
    union = int(np.count_nonzero(band_p | band_g))
    return int(np.count_nonzero(band_p & band_g)) / union if union else 1.0


def _band(mask: Mask, valid: Mask, width: int) -> Mask:
    framed = np.pad(mask | ~valid, 1).view(np.uint8)
    eroded = cv2.erode(framed, np.ones((3, 3), dtype=np.uint8), iterations=width)
    band: Mask = mask & valid & ~eroded[1:-1, 1:-1].astype(np.bool_)
    return band
