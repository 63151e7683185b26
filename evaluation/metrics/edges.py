"""Edge precision, recall and F of both families, at many radii."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.packed import packed_edge_counts
from imaging.masks.rle import Mask


@dataclass(frozen=True, slots=True)
class EdgeScore:
    """Precision, recall and their harmonic mean, each 0 to 1."""

    precision: float
    recall: float
    f: float


@dataclass(frozen=True, slots=True)
class EdgeCounts:
    """Exact pixel counts of one pair of masks over the pixels that are not ignored."""

    radii: tuple[int, ...]
    predicted_boundary: int
    truth_boundary: int
    predicted_area: int
    truth_area: int
    common_area: int
    by_radius: NDArray[np.int64]  # (R, 5), columns `evaluation.metrics.packed.COUNTS`

    @property
    def union_area(self) -> int:
        """Pixels in either mask."""
        return self.predicted_area + self.truth_area - self.common_area

    def overlap(self, radius: int) -> EdgeScore:
        """Score by the overlap of the two dilated outlines, the published definition."""
        dilated_predicted, dilated_truth, both, _, _ = self._at(radius)
        return self._score(both, dilated_predicted, both, dilated_truth)

    def tolerance(self, radius: int) -> EdgeScore:
        """Score by the share of each outline that lies within the other one, dilated."""
        _, _, _, predicted_near, truth_near = self._at(radius)
        return self._score(predicted_near, self.predicted_boundary, truth_near, self.truth_boundary)

    def _at(self, radius: int) -> tuple[int, int, int, int, int]:
        a, b, c, d, e = (int(count) for count in self.by_radius[self.radii.index(radius)])
        return a, b, c, d, e

    def _score(self, hit: int, predicted: int, found: int, truth: int) -> EdgeScore:
        if self.predicted_area == 0:
            return EdgeScore(0.0, 0.0, 0.0)
        if self.predicted_boundary == 0 and self.truth_boundary == 0:
            equal = float(self.common_area == self.union_area)
            return EdgeScore(equal, equal, equal)
        precision = hit / predicted if predicted else 0.0
        recall = found / truth if truth else 0.0
        total = precision + recall
        return EdgeScore(precision, recall, 2 * precision * recall / total if total else 0.0)


def edge_counts(predicted: Mask, truth: Mask, *, radii: tuple[int, ...], ignore: Mask | None = None) -> EdgeCounts:
    """Count outline pixels of both masks and of their dilations, at all radii in one pass.

    Args:
        predicted: (H, W) bool, the candidate's mask.
        truth: (H, W) bool, same frame.
        radii: Dilation radii in pixels, each >= 0.
        ignore: (H, W) bool, True where pixels count for nothing and make no edge.

    Raises:
        ValueError: The arrays differ in shape.

    Source: evaluation/README.md, section "Edges".
    """
    if predicted.shape != truth.shape or (ignore is not None and ignore.shape != truth.shape):
        raise ValueError(f"masks must share one frame, got {predicted.shape}, {truth.shape} and ignore {getattr(ignore, 'shape', None)}")
    distinct = tuple(sorted(set(radii)))
    counts = packed_edge_counts(predicted, truth, None if ignore is None else ~ignore, distinct)
    first = [int(count) for count in counts[0]]
    return EdgeCounts(distinct, first[0], first[1], first[2], first[3], first[4], counts[1:])


def edge_precision_recall(predicted: Mask, truth: Mask, *, tolerance: int, ignore: Mask | None = None) -> EdgeScore:
    """Score the predicted outline against the true one by the published definition.

    Args:
        predicted: (H, W) bool, the candidate's mask.
        truth: (H, W) bool, same frame.
        tolerance: Dilation radius of either outline in pixels, >= 0.
        ignore: (H, W) bool, True where pixels count for nothing.

    Source: evaluation/README.md, section "Edges".
    """
    return edge_counts(predicted, truth, radii=(tolerance,), ignore=ignore).overlap(tolerance)
