"""The share of an annotator's tracing time that a prediction saves."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.metrics.boundary import dilate, inner_boundary
from imaging.masks.rle import Mask


@dataclass(frozen=True, slots=True)
class TracingPrices:
    """What the annotator's work costs, and which stretches of outline are worth keeping."""

    outline_s: float = 60.0  # tracing a whole outline
    click_s: float = 3.0  # accepting, or starting a correction, or deleting a part
    shortest_run: int = 8  # px; a shorter matched run is redrawn with its surroundings
    shortest_share: float = 0.05  # of its contour; likewise


@dataclass(frozen=True, slots=True)
class TracingWork:
    """What is left to do on one prediction."""

    matched_share: float  # of the true outline
    arcs: int  # stretches to redraw
    spurious: int  # predicted parts away from the object
    seconds: float
    saved: float  # share of the time for tracing from nothing


def tracing_work(predicted: Mask, truth: Mask, *, tolerance: int, valid: Mask, prices: TracingPrices | None = None) -> TracingWork:
    """Price the correction of a prediction against tracing the object from nothing.

    Args:
        predicted: (H, W) bool.
        truth: (H, W) bool, not empty.
        tolerance: Pixels within which a true outline point counts as drawn.
        valid: (H, W) bool, False where pixels are ignored: no outline there.
        prices: Seconds for an outline and for a click, and the shortest run worth keeping.

    Source: docs/evaluation.md, "Tracing time saved": a model of the work, to be calibrated from the tool's logs.
    """
    prices = prices or TracingPrices()
    outline = inner_boundary(truth, valid)
    drawn = dilate(inner_boundary(predicted, valid), tolerance)
    points = matched = arcs = 0
    for run in _outlines(truth | ~valid, outline):
        hits = drawn[run[:, 1], run[:, 0]]
        kept = _keep_long_runs(hits, max(prices.shortest_run, prices.shortest_share * len(hits)))
        points, matched, arcs = points + len(kept), matched + int(kept.sum()), arcs + _arcs(kept)
    spurious = _spurious_parts(predicted & valid, dilate(truth & valid, tolerance))
    share = matched / points if points else float(np.array_equal(predicted & valid, truth & valid))
    whole = prices.outline_s + prices.click_s
    seconds = min(whole, prices.click_s * (1 + arcs + spurious) + prices.outline_s * (1 - share))
    return TracingWork(share, arcs, spurious, seconds, 1 - seconds / whole)


def _outlines(solid: Mask, outline: Mask) -> list[NDArray[np.int32]]:
    """Return the closed outlines of every part and hole as (points, 2) x, y; what lies on the frame or in ignored pixels is left out."""
    contours, _ = cv2.findContours(solid.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    whole = [np.asarray(contour[:, 0, :], dtype=np.int32) for contour in contours]
    edges = [points[outline[points[:, 1], points[:, 0]]] for points in whole]
    return [points for points in edges if len(points)]


def _keep_long_runs(hits: NDArray[np.bool_], shortest: float) -> NDArray[np.bool_]:
    """Clear the runs of a closed sequence that are shorter than `shortest`; a closed whole is never short."""
    if hits.all() or not hits.any():
        return hits
    start = int(np.flatnonzero(~hits)[0])
    turned = np.roll(hits, -start)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], turned, [False])).astype(np.int8)))
    kept = np.zeros_like(turned)
    for first, past in zip(edges[::2], edges[1::2], strict=True):
        kept[first:past] = past - first >= shortest
    return np.roll(kept, start)


def _arcs(kept: NDArray[np.bool_]) -> int:
    if kept.all():
        return 0
    return max(1, int(np.count_nonzero(kept & ~np.roll(kept, -1))))


def _spurious_parts(predicted: Mask, near_truth: Mask) -> int:
    count, labels = cv2.connectedComponents(predicted.view(np.uint8), connectivity=8)
    meeting = np.unique(labels[near_truth & predicted])
    return int(count - 1 - np.count_nonzero(meeting))
