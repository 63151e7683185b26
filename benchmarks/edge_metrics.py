"""Time the edge counts beside the methods of boundary-iou-api, DAVIS and PySODMetrics, in alternation, on one core.

Run: python -m benchmarks.edge_metrics [--side 512] [--rounds 40]
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import cv2
import numpy as np
import py_sod_metrics
from numpy.typing import NDArray
from skimage.morphology import disk

from evaluation.metrics.boundary import dilate, disc_element, inner_boundary
from evaluation.metrics.edges import edge_counts
from imaging.masks.rle import Mask

RADIUS = 2
RADII = (1, 2, 3, 6)
CALLS = 20  # of one method before the next has its turn
GOALS = {"DAVIS's method": 15.0, "boundary-iou-api's method": 4.0}


def object_mask(side: int, phase: float) -> Mask:
    """Return a lobed object that fills about a third of the frame."""
    y, x = np.mgrid[:side, :side] - side / 2
    mask: Mask = np.hypot(x, y) < side * (0.3 + 0.05 * np.sin(5 * np.arctan2(y, x) + phase))
    return mask


def boundary_iou_method(predicted: Mask, truth: Mask) -> float:
    """Score as boundary-iou-api does: pad, erode by a 3 x 3 square d times, subtract, intersect; d = 2."""

    def band(mask: Mask) -> NDArray[np.uint8]:
        padded = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        eroded = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=RADIUS)
        return np.asarray(mask.view(np.uint8) - eroded[1:-1, 1:-1])

    band_p, band_g = band(predicted), band(truth)
    return float(((band_p * band_g) > 0).sum() / ((band_p + band_g) > 0).sum())


def davis_method(predicted: Mask, truth: Mask) -> float:
    """Score as a call of the DAVIS code does.

    Void pixels are masked out, labels made 0 and 1, then `davis_arithmetic`, with a disc made for each dilation.

    Source: Perazzi et al., CVPR 2016, and the steps of its evaluation code.
    """
    void = np.zeros_like(predicted).astype(np.bool_)

    def cleaned(mask: Mask) -> Mask:
        seen = (mask * np.logical_not(void)).astype(np.bool_)
        seen[seen > 0] = True
        return seen

    return davis_arithmetic(cleaned(predicted), cleaned(truth), (disk(RADIUS), disk(RADIUS)))


def davis_arithmetic(predicted: Mask, truth: Mask, elements: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> float:
    """Do what the DAVIS measure cannot do without: outlines by exclusive ors of shifted copies, dilation by a disc, products."""

    def outline(mask: Mask) -> Mask:
        right, lower, diagonal = np.zeros_like(mask), np.zeros_like(mask), np.zeros_like(mask)
        right[:, :-1], lower[:-1], diagonal[:-1, :-1] = mask[:, 1:], mask[1:], mask[1:, 1:]
        drawn = (mask ^ right) | (mask ^ lower) | (mask ^ diagonal)
        drawn[-1], drawn[:, -1], drawn[-1, -1] = mask[-1] ^ right[-1], mask[:, -1] ^ lower[:, -1], False
        return np.asarray(drawn)

    outline_p, outline_g = outline(predicted), outline(truth)
    near_p = cv2.dilate(outline_p.astype(np.uint8), elements[0])
    near_g = cv2.dilate(outline_g.astype(np.uint8), elements[1])
    precision = np.sum(outline_p * near_g) / float(np.sum(outline_p))
    recall = np.sum(outline_g * near_p) / float(np.sum(outline_g))
    return float(2 * precision * recall / (precision + recall))


def sod_method(predicted: Mask, truth: Mask) -> float:
    """Score with PySODMetrics' F-measure over 256 thresholds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metric = py_sod_metrics.Fmeasure()
        metric.step(predicted.astype(np.float64), truth, normalize=False)
    return float(metric.get_results()["fm"]["curve"].max())


def our_scores(predicted: Mask, truth: Mask, radii: tuple[int, ...]) -> list[float]:
    """Score as we do: F of both families at every radius, from packing to the last division."""
    counts = edge_counts(predicted, truth, radii=radii)
    return [score.f for radius in radii for score in (counts.overlap(radius), counts.tolerance(radius))]


def dense_counts(predicted: Mask, truth: Mask, radius: int) -> list[int]:
    """Return what the packed counts must equal, from dense arrays."""
    edge_p, edge_g = inner_boundary(predicted), inner_boundary(truth)
    near_p, near_g = dilate(edge_p, radius), dilate(edge_g, radius)
    return [int(np.count_nonzero(mask)) for mask in (near_p, near_g, near_p & near_g, edge_p & near_g, edge_g & near_p)]


def check_counts(side: int) -> int:
    """Hold the packed counts of many pairs against the dense reference, noise and odd widths among them; return how many were held.

    Raises:
        SystemExit: One differs.
    """
    rng = np.random.default_rng(0)
    pairs = [(object_mask(side, phase), object_mask(side, phase + 0.3)) for phase in np.linspace(0, 6, 7)]
    pairs += [
        (rng.random((side, width)) < share, rng.random((side, width)) < share) for width in (side, side - 1, 65) for share in (0.1, 0.9)
    ]
    held = 0
    for predicted, truth in pairs:
        counts = edge_counts(predicted, truth, radii=RADII).by_radius.tolist()
        if counts != [dense_counts(predicted, truth, radius) for radius in RADII]:
            raise SystemExit(f"counts of a {predicted.shape} pair differ from the dense reference")
        held += sum(len(row) for row in counts)
    return held


def alternating(methods: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return microseconds of process time a call, every method once a round."""
    times: dict[str, list[float]] = {name: [] for name in methods}
    for name, method in methods.items():
        method()
        times[name].clear()
    for _ in range(rounds):
        for name, method in methods.items():
            started = time.process_time_ns()
            for _ in range(CALLS):
                method()
            times[name].append((time.process_time_ns() - started) / (1000 * CALLS))
    return times


def main() -> None:
    """Check the counts, time everything, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    predicted, truth = object_mask(options.side, 0.0), object_mask(options.side, 0.3)
    element = disc_element(RADIUS).astype(np.uint8)
    held = check_counts(options.side)
    times = alternating(
        {
            "ours, r = 2": lambda: our_scores(predicted, truth, (RADIUS,)),
            "ours, r = 1, 2, 3 and 6": lambda: our_scores(predicted, truth, RADII),
            "boundary-iou-api's method": lambda: boundary_iou_method(predicted, truth),
            "DAVIS's method": lambda: davis_method(predicted, truth),
            "DAVIS's arithmetic alone": lambda: davis_arithmetic(predicted, truth, (element, element)),
            "PySODMetrics F": lambda: sod_method(predicted, truth),
        },
        options.rounds,
    )
    ours = statistics.median(times["ours, r = 2"])
    print(f"{options.side} x {options.side} masks, one thread, radius {RADIUS}; {held} counts equal the dense reference")
    print(f"{'method':<28}{'us, median':>12}{'min':>10}{'x ours':>9}{'pairs/s':>10}  goal")
    for name, values in times.items():
        median = statistics.median(values)
        goal = f">= {GOALS[name]:g}: {'met' if median / ours >= GOALS[name] else 'missed'}" if name in GOALS else ""
        print(f"{name:<28}{median:>12.1f}{min(values):>10.1f}{median / ours:>9.1f}{1e6 / median:>10.0f}  {goal}")


if __name__ == "__main__":
    main()
