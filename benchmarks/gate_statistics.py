"""Simulate the gate's promises: false alarms over all strata, planted drops, coverage of the intervals.

Run: python -m benchmarks.gate_statistics [--candidates 2000] [--trials 2000] [--processes 2]

Every verdict is reached by the gate's own code, `evaluation.gate.verdicts.judge_scores`, over `evaluation.scores.paired.PairedScores`.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks.gate_worlds import NO_CHANGE, PLANTED, REFERENCE, Differences, Sizes, World, differences, image_sizes, values_of
from evaluation.gate.documents import outcome_of
from evaluation.gate.gates import Gates
from evaluation.gate.verdicts import judge_scores
from evaluation.scores.paired import PairedScores
from evaluation.statistics.clusters import cluster_sums, interval

METRIC = "edge_overlap_f_r2"
PLANTED_STRATUM = 7
_CHUNKS = 20
_GATES = Gates.model_validate(
    # No bootstrap draw takes part in a FAIL for a regression, so the fewest that the gates allow do.
    {"draws": 200, "rules": [{"stratum": "customer=*", "metric": METRIC}, {"stratum": "all", "metric": METRIC}]}
)


@dataclass(frozen=True, slots=True)
class Caught:
    """What became of candidates that lost in one stratum."""

    by_name: float  # share in which that stratum failed
    beside: float  # share in which another one failed too
    risen: float  # share whose mean over all instances rose


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often bounds at nominal levels held the true mean."""

    two_sided: float  # of 95 %
    lower: float  # one-sided, of 95 %
    upper: float


def judged(found: Differences) -> dict[str, str]:
    """Return the outcome of every stratum, and `gate` for the whole, by the gate's own code."""
    base = np.full(len(found.values), 0.5)
    names = np.array([f"{stratum:02d}" for stratum in range(int(found.strata.max()) + 1)])
    crops = pa.table({"customer": pa.array(names[found.strata])})
    scores = PairedScores(METRIC, crops, found.images, {"new": base + found.values, "old": base})
    results = judge_scores(_GATES, {METRIC: scores}, "new", "old")
    return {**{result.stratum: result.outcome for result in results}, "gate": outcome_of(results)}


def false_alarms(candidates: int, world: World = REFERENCE, *, seed: int = 1) -> float:
    """Return the share of candidates without any true change that the gate fails."""
    rng = np.random.default_rng(seed)
    return float(np.mean([judged(differences(rng, world))["gate"] == "FAIL" for _ in range(candidates)]))


def drops_caught(candidates: int, world: World = REFERENCE, *, drop: float = 0.05, rise: float = 0.01, seed: int = 2) -> Caught:
    """Plant a drop in one stratum while the others rise."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(candidates):
        found = differences(rng, world)
        change = np.where(found.strata == PLANTED_STRATUM, -drop, rise)
        outcomes = judged(Differences(found.values + change, found.images, found.strata))
        name = f"customer={PLANTED_STRATUM:02d}"
        others = any(outcome == "FAIL" for stratum, outcome in outcomes.items() if stratum not in (name, "gate"))
        rows.append((outcomes[name] == "FAIL", others, float((found.values + change).mean()) > 0))
    return Caught(*(float(share) for share in np.mean(rows, axis=0)))


def coverage(trials: int, world: World = REFERENCE, *, images: int, seed: int = 3, draws: int = 1000) -> Coverage:
    """Return how often intervals hold the true mean."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(trials):
        clusters = cluster_sums(*values_of(rng, world, image_sizes(rng, world.sizes, images)))
        seed_of_trial = int(rng.integers(1 << 60))
        both, one = (interval(clusters, alpha=alpha, draws=draws, seed=seed_of_trial) for alpha in (0.025, 0.05))
        rows.append((both.lower <= 0 <= both.upper, one.lower <= 0, one.upper >= 0))
    return Coverage(*(float(share) for share in np.mean(rows, axis=0)))


def _covered(task: tuple[int, World, int, int]) -> Coverage:
    trials, world, images, seed = task
    return coverage(trials, world, images=images, seed=seed)


def _alarms(task: tuple[int, World, int]) -> float:
    return false_alarms(task[0], task[1], seed=task[2])


def _caught(task: tuple[int, World, int]) -> Caught:
    return drops_caught(task[0], task[1], seed=task[2])


def _parts(total: int, world: World) -> Iterator[tuple[int, World, int]]:
    return ((total // _CHUNKS, world, 1000 + chunk) for chunk in range(_CHUNKS))


def show_false_alarms(pool: Executor, candidates: int) -> None:
    """Print the share of unchanged candidates that fail, world by world."""
    print(f"no change, 30 strata: share of {candidates:,} candidates that the gate fails (goal: at most .05)")
    for world in NO_CHANGE:
        print(f"  {world.name:<60} {np.mean(list(pool.map(_alarms, _parts(candidates, world)))):.4f}", flush=True)


def show_drops(pool: Executor, candidates: int) -> None:
    """Print the share of planted drops that are caught, world by world."""
    print(f"5 points lost in one stratum of 400, 1 gained in 29: of {candidates:,} candidates (goal: .95 by name)")
    for world in PLANTED:
        found = list(pool.map(_caught, _parts(candidates, world)))
        by_name, beside, risen = (np.mean([getattr(part, name) for part in found]) for name in ("by_name", "beside", "risen"))
        print(f"  {world.name:<60} {by_name:.4f} by name, {beside:.4f} another one too, mean risen in {risen:.4f}", flush=True)


def show_coverage(pool: Executor, trials: int) -> None:
    """Print how often intervals hold the true mean, by shape, image sizes and number of images."""
    kinds: tuple[Sizes, ...] = ("few", "even", "two")
    shapes = (REFERENCE, World("heavy tails", "t3", 0.3), World("rare losses", "rare losses"), World("half shared", "normal", 0.5))
    numbers = (10, 20, 40, 60, 120, 300)
    print(f"coverage of 95 %, {trials:,} trials each (goal: .93 to .97): two-sided, and one-sided lower / upper")
    print(f"  {'images of 1 to 40 instances':<40}" + "".join(f"{number:>18}" for number in numbers))
    for world in shapes:
        for kind in kinds:
            now = World(world.name, world.shape, world.shared, kind)
            found = pool.map(_covered, ((trials, now, number, 3000 + number) for number in numbers))
            cells = "".join(f"{part.two_sided:>7.3f} {part.lower:.3f}/{part.upper:.3f}".replace("0.", ".") for part in found)
            print(f"  {world.name + ', ' + kind:<40}{cells}", flush=True)


def main() -> None:
    """Run every simulation and print what was promised beside what came."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=2000)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with ProcessPoolExecutor(options.processes) as pool:
        show_coverage(pool, options.trials)
        show_false_alarms(pool, options.candidates)
        show_drops(pool, options.candidates)


if __name__ == "__main__":
    main()
