"""How the scores of a stratum fall as boxes get worse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from evaluation.metrics.ranges import difference_range, value_range
from evaluation.scores.paired import PairedScores
from evaluation.scores.strata import Stratum, StratumPattern, distinct_strata
from evaluation.scores.stratum_rows import IntervalSpec
from evaluation.statistics.clusters import Interval, cluster_sums, interval
from lake.configuration import JitterName
from lake.digests import digest

AS_LABELLED = "as labelled"
CURVES: Mapping[str, tuple[JitterName | None, ...]] = MappingProxyType(
    {
        "tighter and looser boxes": ("cut-5", "padding-0", "padding-50", None, "loose-10", "loose-25"),
        "boxes off the centre": (None, "off-10", "off-20"),
        "boxes drawn roughly": (None, "noise-5", "noise-10"),
    }
)
"""The boxes along each curve, by what it shows; None is the box as labelled."""


@dataclass(frozen=True, slots=True)
class RobustRow:
    """One stratum under one metric and all boxes."""

    name: str
    instances: int
    means: Mapping[str, Mapping[str, float]]  # by model, then by jitter or `AS_LABELLED`
    worst: Interval  # of the candidate, the lowest of its jitters crop by crop
    fall: Interval  # how much worse that is than the box as labelled, below 0


def jitters_scored(names: Sequence[str], models: Sequence[str]) -> list[str]:
    """Return the jitters under which every one of some models was scored, in the curves' order.

    Args:
        names: Of all scores, jittered ones as `<model>@<jitter>`.
        models: Digests.
    """
    known = dict.fromkeys(jitter for curve in CURVES.values() for jitter in curve if jitter)
    return [jitter for jitter in known if all(f"{model}@{jitter}" in names for model in models)]


def robust_rows(
    scores: Mapping[str, PairedScores], models: Sequence[str], patterns: Sequence[StratumPattern], spec: IntervalSpec
) -> list[RobustRow]:
    """Return the figures of every stratum that the patterns match, each stratum once.

    Args:
        scores: One metric, by jitter, with `AS_LABELLED` and `worst`; all over the same crops.
        models: The candidate, then the champion if there is one.
        patterns: Which strata.
        spec: Of the intervals.
    """
    crops = scores[AS_LABELLED].crops
    return [_row(scores, models, stratum, spec) for stratum in distinct_strata(crops, patterns)]


def _row(scores: Mapping[str, PairedScores], models: Sequence[str], stratum: Stratum, spec: IntervalSpec) -> RobustRow:
    candidate, plain, worst = models[0], scores[AS_LABELLED], scores["worst"]
    rows, images = stratum.rows, plain.images[stratum.rows]
    means = {model: {box: float(np.mean(found.values[model][rows])) for box, found in scores.items() if box != "worst"} for model in models}
    fall = worst.values[candidate] - plain.values[candidate]

    def bounds(values: np.ndarray[tuple[int], np.dtype[np.float64]], question: str) -> Interval:
        seed = int(digest(spec.seed, stratum.name, plain.metric, question)[:16], 16)
        return interval(cluster_sums(values[rows], images), alpha=spec.alpha, draws=spec.draws, seed=seed)

    towards_worse = -fall if plain.lower_is_better else fall
    lowest = bounds(worst.values[candidate], "worst").within(*value_range(plain.metric))
    return RobustRow(stratum.name, len(rows), means, lowest, bounds(towards_worse, "fall").within(*difference_range(plain.metric)))
