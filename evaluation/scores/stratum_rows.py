"""The figures that the report shows of each stratum, gated or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.metrics.baselines import BASELINES
from evaluation.metrics.ranges import difference_range, value_range
from evaluation.scores.paired import MetricValues, PairedScores
from evaluation.scores.strata import Stratum, StratumPattern, distinct_strata
from evaluation.statistics.clusters import Interval, cluster_sums, interval
from lake.digests import digest


@dataclass(frozen=True, slots=True)
class StratumRow:
    """One stratum under one metric."""

    name: str
    instances: int
    images: int
    mean: Interval  # of the candidate
    means: Mapping[str, float]  # of every model, baseline and ceiling
    over_baselines: Mapping[str, Interval]  # gain over each baseline
    over_champion: Interval | None


@dataclass(frozen=True, slots=True)
class IntervalSpec:
    """How intervals are made."""

    alpha: float = 0.05
    draws: int = 2000
    seed: int = 17


def stratum_rows(
    scores: PairedScores, candidate: str, champion: str | None, patterns: Sequence[StratumPattern], spec: IntervalSpec
) -> list[StratumRow]:
    """Return the figures of every stratum that the patterns match, each stratum once, in the patterns' order.

    Args:
        scores: One metric, with both baselines.
        candidate: Its name in the scores.
        champion: The champion's name, if there is one.
        patterns: Which strata.
        spec: Of the intervals.
    """
    return [_row(scores, candidate, champion, stratum, spec) for stratum in distinct_strata(scores.crops, patterns)]


def _row(scores: PairedScores, candidate: str, champion: str | None, stratum: Stratum, spec: IntervalSpec) -> StratumRow:
    rows = stratum.rows
    images = scores.images[rows]

    def bounds(values: MetricValues, question: str, possible: tuple[float, float]) -> Interval:
        seed = int(digest(spec.seed, stratum.name, scores.metric, question)[:16], 16)
        return interval(cluster_sums(values[rows], images), alpha=spec.alpha, draws=spec.draws, seed=seed).within(*possible)

    gains = difference_range(scores.metric)

    return StratumRow(
        stratum.name,
        len(rows),
        len(np.unique(images)),
        bounds(scores.values[candidate], "mean", value_range(scores.metric)),
        {name: float(np.mean(values[rows])) for name, values in scores.values.items()},
        {baseline: bounds(scores.gain(candidate, baseline), baseline, gains) for baseline in BASELINES},
        bounds(scores.gain(candidate, champion), "champion", gains) if champion else None,
    )
