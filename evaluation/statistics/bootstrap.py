"""Bootstrap means and BCa bounds over clusters; seeded, and free of the interpreter's lock while it draws."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from imaging.kernels import kernel

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def bootstrap_means(sums: NDArray[np.float64], counts: NDArray[np.int64], *, draws: int, seed: int) -> NDArray[np.float64]:
    """Return the mean over instances of `draws` resamples of the clusters, in the order of the draws.

    Args:
        sums: (G,) float64, what each cluster adds.
        counts: (G,) int64, instances of each cluster, > 0.
        draws: Resamples, each of G clusters with replacement.
        seed: Any integer; a draw depends on the seed and its own number alone.
    """
    means = np.empty(draws, dtype=np.float64)
    _resample(sums, counts.astype(np.float64), np.uint64(seed % (1 << 64)), means)
    return means


def bca_bounds(sums: NDArray[np.float64], counts: NDArray[np.int64], *, alpha: float, draws: int, seed: int) -> tuple[float, float]:
    """Return one-sided lower and upper bounds of the mean, corrected for bias and acceleration.

    Args:
        sums: (G,) float64, G >= 2.
        counts: (G,) int64, > 0.
        alpha: Chance that either bound is wrong.
        draws: Resamples.
        seed: Of the resamples.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, equations 14.10, 14.14 and 14.15.
    """
    means = np.sort(bootstrap_means(sums, counts, draws=draws, seed=seed))
    mean = float(sums.sum() / counts.sum())
    below = (float(np.searchsorted(means, mean, side="left")) + float(np.searchsorted(means, mean, side="right"))) / 2
    bias = float(special.ndtri(min(max(below, 0.5), draws - 0.5) / draws))
    acceleration = _acceleration(sums, counts)
    bounds = []
    for level in (alpha, 1 - alpha):
        shifted = bias + float(special.ndtri(level))
        corrected = float(special.ndtr(bias + shifted / (1 - acceleration * shifted)))
        bounds.append(float(np.quantile(means, corrected)))
    return bounds[0], bounds[1]


def _acceleration(sums: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    left_out = (sums.sum() - sums) / np.maximum(counts.sum() - counts, 1)
    pulls = left_out.mean() - left_out
    spread = float((pulls**2).sum())
    return float((pulls**3).sum()) / (6 * math.pow(spread, 1.5)) if spread > 0 else 0.0


@kernel
def _resample(sums: NDArray[np.float64], counts: NDArray[np.float64], seed: np.uint64, means: NDArray[np.float64]) -> None:
    """Draw cluster numbers from SplitMix64 streams (Steele, Lea, Flood, OOPSLA 2014), one stream a draw, two numbers a step."""
    clusters = sums.shape[0]
    groups, low, half = np.uint64(clusters), np.uint64(0xFFFFFFFF), np.uint64(32)
    for draw in range(means.shape[0]):
        state = (seed ^ (np.uint64(draw + 1) * _FIRST)) * _SECOND
        total, size = 0.0, 0.0
        for step in range((clusters + 1) // 2):
            state += _STEP
            mixed = (state ^ (state >> np.uint64(30))) * _FIRST
            mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
            mixed ^= mixed >> np.uint64(31)
            first = ((mixed & low) * groups) >> half
            total += sums[first]
            size += counts[first]
            if 2 * step + 1 < clusters:
                second = ((mixed >> half) * groups) >> half
                total += sums[second]
                size += counts[second]
        means[draw] = total / size
