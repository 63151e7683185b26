"""Time the gate's bootstrap: 1 million paired scores, 100 strata, 2,000 draws; and beside plain numpy, in alternation, on one stratum.

Run: python -m benchmarks.gate_rate [--scores 1000000] [--strata 100] [--draws 2000] [--rounds 3]
"""

import argparse
import statistics
import time

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.gate_worlds import REFERENCE, Sizes, image_sizes, values_of
from evaluation.gate.gates import Gates
from evaluation.gate.verdicts import judge_scores
from evaluation.scores.paired import PairedScores
from evaluation.statistics.bootstrap import bootstrap_means
from evaluation.statistics.clusters import ClusterSums, cluster_sums

METRIC = "edge_overlap_f_r2"
GOAL_S = 30.0


def paired_scores(scores: int, strata: int, sizes: Sizes) -> PairedScores:
    """Return scores of two models on the same crops; an image's instances lie in one stratum."""
    rng = np.random.default_rng(4)
    values, images = values_of(rng, REFERENCE, image_sizes(rng, sizes, scores))
    values, images = values[:scores], images[:scores]
    names = np.array([f"{stratum:03d}" for stratum in range(strata)])
    crops = pa.table({"customer": pa.array(names[images % strata])})
    base = np.full(len(values), 0.5)
    return PairedScores(METRIC, crops, images, {"new": base + values, "old": base})


def judged_seconds(found: PairedScores, draws: int) -> float:
    """Time a whole judgement from paired scores to results: grouping, sums by image, bounds, corrections; two threads."""
    gates = Gates.model_validate({"draws": draws, "rules": [{"stratum": "customer=*", "metric": METRIC}]})
    started = time.perf_counter()
    judge_scores(gates, {METRIC: found}, "new", "old")
    return time.perf_counter() - started


def numpy_means(clusters: ClusterSums, draws: int) -> NDArray[np.float64]:
    """Draw as one would in plain numpy, 100 draws at a time to stay in the cache."""
    rng, groups, means = np.random.default_rng(5), len(clusters.sums), []
    for _ in range(draws // 100):
        drawn = rng.integers(0, groups, (100, groups))
        means.append(clusters.sums[drawn].sum(axis=1) / clusters.counts[drawn].sum(axis=1))
    return np.concatenate(means)


def main() -> None:
    """Time both, in alternation, and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=int, default=1_000_000)
    parser.add_argument("--strata", type=int, default=100)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found, alone = (paired_scores(options.scores, options.strata, sizes) for sizes in ("few", "one"))
    rows = np.flatnonzero(found.images % options.strata == 0)
    one = cluster_sums(found.gain("new", "old")[rows], found.images[rows])
    judged_seconds(paired_scores(20_000, 4, "few"), 200)  # compiles
    ours, plain, whole, worst = [], [], [], []
    for _ in range(options.rounds):
        started = time.perf_counter()
        drawn = bootstrap_means(one.sums, one.counts, draws=options.draws, seed=5)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        expected = numpy_means(one, options.draws)
        plain.append(time.perf_counter() - started)
        whole.append(judged_seconds(found, options.draws))
        worst.append(judged_seconds(alone, options.draws))
    print(f"{len(found.images):,} paired scores, {options.strata} strata, {options.draws:,} draws, two threads (goal: under {GOAL_S:g} s)")
    for name, seconds in (("images of 1 to 40 instances", whole), ("every instance in an image of its own, the most to draw", worst)):
        print(f"  {name}: judged in {statistics.median(seconds):.1f} s (min {min(seconds):.1f}, max {max(seconds):.1f})")
    print(f"one stratum of {one.instances:,} scores in {len(one.sums):,} images, one thread, {options.draws:,} draws")
    print(f"  ours {statistics.median(ours) * 1000:.0f} ms, plain numpy {statistics.median(plain) * 1000:.0f} ms: ", end="")
    print(f"{statistics.median(plain) / statistics.median(ours):.1f}x; standard errors {drawn.std():.6f} and {expected.std():.6f}")


if __name__ == "__main__":
    main()
