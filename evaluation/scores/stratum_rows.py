"""Paired scores in, one row of figures for each stratum out: what the report shows, gated or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.metrics.floors import FLOORS
from evaluation.scores.paired import PairedScores, Values
from evaluation.scores.strata import Pattern, Stratum, distinct_strata
from evaluation.statistics.clusters import Interval, cluster_sums, interval
from lake.digests import digest


@dataclass(frozen=True, slots=True)
class StratumRow:
    """One stratum under one metric."""

    name: str
    instances: int
    images: int
    mean: Interval  # of the candidate
    means: Mapping[str, float]  # of every model, floor and ceiling
    over_floors: Mapping[str, Interval]  # gain over each floor
    over_champion: Interval | None


@dataclass(frozen=True, slots=True)
class Levels:
    """How intervals are made."""

    alpha: float = 0.05
    draws: int = 2000
    seed: int = 17


def stratum_rows(
    scores: PairedScores, candidate: str, champion: str | None, patterns: Sequence[Pattern], levels: Levels
) -> list[StratumRow]:
    """Return the figures of every stratum that the patterns match, each stratum once, in the patterns' order.

    Args:
        scores: One metric, with both floors.
        candidate: Its name in the scores.
        champion: The champion's name, if there is one.
        patterns: Which strata.
        levels: Of the intervals.
    """
    return [_row(scores, candidate, champion, stratum, levels) for stratum in distinct_strata(scores.crops, patterns)]


def _row(scores: PairedScores, candidate: str, champion: str | None, stratum: Stratum, levels: Levels) -> StratumRow:
    rows = stratum.rows
    images = scores.images[rows]

    def bounds(values: Values, question: str) -> Interval:
        seed = int(digest(levels.seed, stratum.name, scores.metric, question)[:16], 16)
        return interval(cluster_sums(values[rows], images), alpha=levels.alpha, draws=levels.draws, seed=seed)

    return StratumRow(
        stratum.name,
        len(rows),
        len(np.unique(images)),
        bounds(scores.values[candidate], "mean"),
        {name: float(np.mean(values[rows])) for name, values in scores.values.items()},
        {floor: bounds(scores.gain(candidate, floor), floor) for floor in FLOORS},
        bounds(scores.gain(candidate, champion), "champion") if champion else None,
    )
