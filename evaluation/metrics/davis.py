"""The DAVIS boundary F: half-pixel outlines matched within .008 of the diagonal."""

import math

import numpy as np

from evaluation.metrics.packed import packed_edge_counts
from imaging.masks.rle import Mask

_SHARE_OF_DIAGONAL = 0.008


def davis_f(predicted: Mask, truth: Mask, valid: Mask) -> float:
    """Score two outlines, each pixel matched when the other outline comes within the tolerance.

    An empty prediction scores 0 here; the original code gives it precision 1.

    Args:
        predicted: (H, W) bool.
        truth: (H, W) bool.
        valid: (H, W) bool, False where pixels are ignored: nothing is outlined there, nor against them.

    Source: Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation, CVPR 2016.
    """
    radius = math.ceil(_SHARE_OF_DIAGONAL * math.hypot(*truth.shape))
    outline_p, outline_g = half_pixel_outline(predicted, valid), half_pixel_outline(truth, valid)
    of_p, of_g = int(np.count_nonzero(outline_p)), int(np.count_nonzero(outline_g))
    if not (predicted & valid).any():
        return 0.0
    if of_p == 0 and of_g == 0:
        return float(np.array_equal(predicted & valid, truth & valid))
    if of_p == 0 or of_g == 0:
        return 0.0
    counts = packed_edge_counts(outline_p, outline_g, valid, (radius,), drawn=True)[1]
    precision, recall = float(counts[3]) / of_p, float(counts[4]) / of_g
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def half_pixel_outline(mask: Mask, valid: Mask) -> Mask:
    """Return the valid pixels that differ from their valid right, lower or lower right neighbour: an outline between pixels.

    Args:
        mask: (H, W) bool.
        valid: (H, W) bool, False where pixels are ignored.
    """
    outline = np.zeros_like(mask)
    everything = slice(None)
    steps = (((everything, slice(0, -1)), (everything, slice(1, None))), ((slice(0, -1), everything), (slice(1, None), everything)))
    for here, there in (*steps, ((slice(0, -1), slice(0, -1)), (slice(1, None), slice(1, None)))):
        outline[here] |= (mask[here] != mask[there]) & valid[here] & valid[there]
    return outline
