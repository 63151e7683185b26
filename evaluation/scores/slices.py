"""Search for the combinations of attributes where a candidate is weakest or lost most: proposals for new strata."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from evaluation.metrics.ranges import difference_range
from evaluation.scores.paired import MetricValues, PairedScores
from evaluation.scores.strata import Stratum, literal, parse_pattern, strata_of, stratum_name
from evaluation.statistics.clusters import Interval, cluster_sums, interval
from evaluation.statistics.multiplicity import benjamini_hochberg
from lake.contracts import STRATUM_COLUMNS
from lake.digests import digest

LEAST_INSTANCES, LEAST_IMAGES = 20, 5
MOST_SLICES = 5000
MOST_FALSE = 0.05
"""A slice that is more likely than this to be a false discovery is not proposed."""
_DRAWS = 500


def is_large(instances: int, images: int) -> bool:
    """Whether a stratum has crops and images enough for its mean to say something."""
    return instances >= LEAST_INSTANCES and images >= LEAST_IMAGES


@dataclass(frozen=True, slots=True)
class Slice:
    """One combination of attribute values that stands out."""

    name: str
    pattern: str  # what gates.yaml calls it: the name, its globbing characters escaped
    instances: int
    images: int
    mean: float  # of the metric, or of the gain
    against_rest: Interval  # how far below everything else; its p-value is for being that low by chance
    false_discovery: float  # Benjamini-Hochberg's p-value over all slices that were looked at


def weak_slices(scores: PairedScores, candidate: str, *, attributes: Sequence[str] = tuple(STRATUM_COLUMNS), most: int = 10) -> list[Slice]:
    """Return the slices where the candidate scores lowest beside the rest, worst first; none where none stands out from chance.

    Args:
        scores: One metric.
        candidate: Its name in the scores.
        attributes: To combine, one or two at a time.
        most: Slices to return.
    """
    zero = np.zeros_like(scores.values[candidate])
    level = PairedScores(scores.metric, scores.crops, scores.images, {candidate: scores.values[candidate], "": zero}).gain(candidate, "")
    return _lowest(scores, level, attributes, most, difference_range(scores.metric))


def regressed_slices(
    scores: PairedScores, candidate: str, champion: str, *, attributes: Sequence[str] = tuple(STRATUM_COLUMNS), most: int = 10
) -> list[Slice]:
    """Return the slices where the candidate lost most against the champion beside the rest, worst first."""
    least, greatest = difference_range(scores.metric)
    return _lowest(scores, scores.gain(candidate, champion), attributes, most, (2 * least, 2 * greatest))


def _lowest(scores: PairedScores, values: MetricValues, attributes: Sequence[str], most: int, possible: tuple[float, float]) -> list[Slice]:
    total = float(values.sum())
    found = [_measured(scores, values, total, stratum) for stratum in _candidates(scores, attributes)]
    if not found:
        return []
    rates = benjamini_hochberg(np.array([1.0 if np.isnan(item.p_worse) else item.p_worse for _, item in found]))
    ranked = sorted(zip(found, rates, strict=True), key=lambda pair: (pair[0][1].upper, pair[0][0].name))
    chosen: list[Slice] = []
    covered: list[set[int]] = []
    for (stratum, bounds), rate in ranked:
        rows = set(stratum.rows.tolist())
        # A slice that is mostly a slice already shown says nothing new.
        if bounds.mean >= 0 or rate > MOST_FALSE or any(len(rows & other) > 0.8 * min(len(rows), len(other)) for other in covered):
            continue
        covered.append(rows)
        mean = float(np.mean(values[stratum.rows]))
        chosen.append(Slice(stratum.name, _pattern(stratum.name), len(rows), bounds.images, mean, bounds.within(*possible), float(rate)))
        if len(chosen) == most:
            break
    return chosen


def _candidates(scores: PairedScores, attributes: Sequence[str]) -> Iterator[Stratum]:
    looked = 0
    for size in (1, 2):
        for names in combinations(attributes, size):
            for stratum in strata_of(scores.crops, parse_pattern("/".join(f"{name}=*" for name in names))):
                large = LEAST_INSTANCES <= len(stratum.rows) < scores.crops.num_rows  # told first: images take longer to count
                if large and is_large(len(stratum.rows), len(np.unique(scores.images[stratum.rows]))):
                    yield stratum
                    looked += 1
                    if looked == MOST_SLICES:
                        return


def _pattern(name: str) -> str:
    return stratum_name((attribute, literal(value)) for attribute, _, value in (part.partition("=") for part in name.split("/")))


def _measured(scores: PairedScores, values: MetricValues, total: float, stratum: Stratum) -> tuple[Stratum, Interval]:
    inside = values[stratum.rows]
    below = inside - (total - inside.sum()) / (len(values) - len(inside))
    seed = int(digest("slice", stratum.name, scores.metric)[:16], 16)
    return stratum, interval(cluster_sums(below, scores.images[stratum.rows]), alpha=0.05, draws=_DRAWS, seed=seed)
