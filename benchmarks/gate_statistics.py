"""Simulate the gate's promises and time its bootstrap.

Run: python -m benchmarks.gate_statistics [--candidates 2000] [--trials 2000]
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from evaluation.clusters import ClusterSums, cluster_sums, interval
from evaluation.documents import outcome_of
from evaluation.gates import Gates
from evaluation.paired import PairedScores
from evaluation.verdicts import judge_scores

METRIC = "edge_overlap_f_r2"
DEVIATION = 0.12  # of paired differences of edge F
SHARED = 0.08  # of their variance is shared by the instances of an image


@dataclass(frozen=True, slots=True)
class Differences:
    """Simulated paired differences."""

    values: NDArray[np.float64]
    images: NDArray[np.int64]
    strata: NDArray[np.int64]


def image_sizes(rng: np.random.Generator, instances: int) -> NDArray[np.int64]:
    """Return instances an image, 1 to 40 and mostly few, that add up to `instances`."""
    sizes = np.clip(np.round(rng.lognormal(1.2, 0.9, instances)), 1, 40).astype(np.int64)
    whole = sizes[: int(np.searchsorted(np.cumsum(sizes), instances)) + 1]
    whole[-1] -= whole.sum() - instances
    return whole[whole > 0]


def differences(rng: np.random.Generator, strata: int, instances: int) -> Differences:
    """Return differences without any true change: heavy-tailed, correlated within images, each image in one stratum."""
    sizes = [image_sizes(rng, instances) for _ in range(strata)]
    images = np.repeat(np.arange(sum(len(part) for part in sizes)), np.concatenate(sizes))
    shared = rng.laplace(0, DEVIATION * np.sqrt(SHARED / 2), int(images[-1]) + 1)[images]
    own = rng.laplace(0, DEVIATION * np.sqrt((1 - SHARED) / 2), len(images))
    return Differences(shared + own, images, np.repeat(np.arange(strata), instances))


def judged(found: Differences, *, draws: int) -> dict[str, str]:
    """Return the outcome of every stratum, and `gate` for the whole, by the gate's own code."""
    gates = Gates.model_validate(
        {"min_instances": 100, "draws": draws, "rules": [{"stratum": "customer=*", "metric": METRIC}, {"stratum": "all", "metric": METRIC}]}
    )
    base = np.full(len(found.values), 0.5)
    crops = pa.table({"customer": [f"{stratum:02d}" for stratum in found.strata]})
    scores = PairedScores(METRIC, crops, found.images, {"new": base + found.values, "old": base})
    results = judge_scores(gates, {METRIC: scores}, "new", "old")
    return {**{result.stratum: result.outcome for result in results}, "gate": outcome_of(results)}


def false_alarms(candidates: int, *, strata: int = 30, instances: int = 400, seed: int = 1, draws: int = 200) -> float:
    """Return the share of candidates without any true change that the gate fails."""
    rng = np.random.default_rng(seed)
    failed = [judged(differences(rng, strata, instances), draws=draws)["gate"] == "FAIL" for _ in range(candidates)]
    return float(np.mean(failed))


def drops_caught(candidates: int, *, strata: int = 30, instances: int = 400, drop: float = 0.05, seed: int = 2) -> tuple[float, float]:
    """Plant a drop in one stratum while the others rise; return the share caught by name and the share with a risen mean."""
    rng = np.random.default_rng(seed)
    caught, risen = 0, 0
    for _ in range(candidates):
        found = differences(rng, strata, instances)
        planted = np.where(found.strata == 7, -drop, 0.01)
        changed = Differences(found.values + planted, found.images, found.strata)
        caught += judged(changed, draws=200)["customer=07"] == "FAIL"
        risen += float(changed.values.mean()) > 0
    return caught / candidates, risen / candidates


def coverage(trials: int, *, images: int, seed: int = 3, draws: int = 1000) -> float:
    """Return how often a 95 % interval holds the true mean, with images of 1 to 40 correlated instances."""
    rng = np.random.default_rng(seed)
    held = 0
    for _ in range(trials):
        sizes = np.clip(np.round(rng.lognormal(1.2, 0.9, images)), 1, 40).astype(np.int64)
        codes = np.repeat(np.arange(images), sizes)
        values = rng.laplace(0, DEVIATION * np.sqrt(SHARED / 2), images)[codes] + rng.laplace(
            0, DEVIATION * np.sqrt((1 - SHARED) / 2), len(codes)
        )
        found = interval(cluster_sums(values, codes), alpha=0.025, draws=draws, seed=int(rng.integers(1 << 60)))
        held += found.lower <= 0 <= found.upper
    return held / trials


def bootstrap_seconds(scores: int = 1_000_000, strata: int = 100, draws: int = 2000, threads: int = 2) -> float:
    """Time intervals of many strata by the bootstrap, from paired scores to bounds."""
    rng = np.random.default_rng(4)
    values, images = rng.normal(0, DEVIATION, scores), rng.integers(0, scores // 7, scores)
    members = np.array_split(rng.permutation(scores), strata)
    warm: ClusterSums = cluster_sums(values[:1000], images[:1000])
    interval(warm, alpha=0.05, draws=200, seed=1)
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda rows: interval(cluster_sums(values[rows], images[rows]), alpha=0.05, draws=draws, seed=5), members))
    return time.perf_counter() - started


def main() -> None:
    """Run every simulation and print what was promised beside what came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=2000)
    parser.add_argument("--trials", type=int, default=2000)
    options = parser.parse_args()
    seconds = bootstrap_seconds()
    print(f"1 M paired scores, 100 strata, 2,000 draws, two threads: {seconds:.1f} s (goal: under 30)")
    for images in (20, 40, 60, 120, 300):
        print(
            f"95 % interval, {images} images of 1 to 40 instances: covers {coverage(options.trials, images=images):.3f} (goal: .93 to .97)"
        )
    print(f"no change, 30 strata, {options.candidates} candidates: {false_alarms(options.candidates):.4f} fail (goal: at most .05)")
    caught, risen = drops_caught(max(options.candidates // 10, 20))
    print(f"5 points lost in one of 30 strata of 400: {caught:.3f} caught by name (goal: .95), mean risen in {risen:.2f}")


if __name__ == "__main__":
    main()
