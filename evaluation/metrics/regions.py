"""Region metrics: IoU, Dice, precision, recall, MAE and Brier score."""

import numpy as np
from numpy.typing import NDArray

from imaging.masks.rle import Mask

ProbabilityMap = NDArray[np.float64]


def region_scores(predicted_area: int, truth_area: int, common_area: int) -> dict[str, float]:
    """Score two masks by their areas.

    Args:
        predicted_area: Pixels of the predicted mask that are not ignored.
        truth_area: Likewise of the true mask, > 0.
        common_area: Pixels in both.

    Returns:
        `iou`, `dice`, `precision` and `recall`, each 0 to 1; an empty prediction scores 0 in all four.

    Raises:
        ValueError: The truth is empty: there are no negatives, so such an instance has no score.
    """
    if truth_area <= 0:
        raise ValueError("the true mask is empty: an instance without pixels cannot be scored; reject it")
    return {
        "iou": common_area / (predicted_area + truth_area - common_area),
        "dice": 2 * common_area / (predicted_area + truth_area),
        "precision": common_area / predicted_area if predicted_area else 0.0,
        "recall": common_area / truth_area,
    }


def mean_absolute_error(probability: ProbabilityMap, truth: Mask, valid: Mask) -> float:
    """Return the mean of |probability - truth| over the pixels that are not ignored.

    Args:
        probability: (H, W) float64, 0 to 1; never rescaled.
        truth: (H, W) bool.
        valid: (H, W) bool, False where pixels are ignored.

    Source: Perazzi et al., Saliency Filters, CVPR 2012.
    """
    return float(np.mean(np.abs(probability[valid] - truth[valid])))


def brier_score(probability: ProbabilityMap, truth: Mask, valid: Mask) -> float:
    """Return the mean squared difference between probability and truth over the pixels that are not ignored.

    Args:
        probability: (H, W) float, 0 to 1.
        truth: (H, W) bool.
        valid: (H, W) bool, False where pixels are ignored.

    Source: Brier, Monthly Weather Review 78, 1950.
    """
    return float(np.mean((probability[valid] - truth[valid]) ** 2))
