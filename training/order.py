"""The order in which each rank sees the crops of an epoch; a pure function of seed and epoch, so a killed run resumes exactly.

Reading one row group a crop would read everything again and again, so row groups are shuffled whole, and crops within
windows of `WINDOW` row groups. A rank takes a contiguous share of the shuffled groups: together the ranks see each
crop of the epoch once, and each rank reads its share of the bytes alone.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.crop_index import CropIndex

WINDOW = 32
"""Row groups that are shuffled among each other, and that a rank holds at a time."""

_Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RankShare:
    """Which rank of how many, and how many samples it takes a step."""

    rank: int
    world_size: int
    batch: int


@dataclass(frozen=True, slots=True)
class EpochPlan:
    """What one rank reads in one epoch."""

    positions: _Indices  # into the crop index, in the order of training
    occurrences: _Indices  # how often the crop came before in this epoch
    windows: _Indices  # the reading window of each
    bounds: _Indices  # step s takes [bounds[s], bounds[s + 1])
    totals: _Indices  # samples of each step over all ranks


def epoch_plan(index: CropIndex, share: RankShare, *, seed: int, epoch: int) -> EpochPlan:
    """Return what a rank reads in an epoch: as many samples over all ranks as the index has crops.

    A crop of weight w comes w / mean(w) times on average; with equal weights each comes exactly once.

    Args:
        index: The crops to train on; at least one a rank.
        share: The rank's.
        seed: Of the training run.
        epoch: From 0.

    Raises:
        ValueError: There are fewer crops than ranks.
    """
    if len(index) < share.world_size:
        raise ValueError(f"{len(index)} crops cannot feed {share.world_size} ranks; train on fewer devices")
    random = np.random.Generator(np.random.Philox(key=_number("order", seed, epoch)))
    drawn, occurrences = _draws(index.weight, random.random())
    groups = np.unique(np.stack([index.file[drawn], index.group[drawn]], axis=1), axis=0, return_inverse=True)[1]
    place_of_group = random.permutation(int(groups.max()) + 1)[groups]
    shuffled = np.lexsort((random.random(len(drawn)), place_of_group // WINDOW))
    steps = steps_of(len(drawn), share)
    edges = _edges(len(drawn), share.world_size)
    chosen = np.argsort(place_of_group, kind="stable")[edges[share.rank] : edges[share.rank + 1]]
    rank_of = np.empty(len(drawn), np.int64)
    rank_of[shuffled] = np.arange(len(drawn))
    chosen = chosen[np.argsort(rank_of[chosen], kind="stable")]
    return EpochPlan(
        positions=drawn[chosen],
        occurrences=occurrences[chosen],
        windows=place_of_group[chosen] // WINDOW,
        bounds=_edges(len(chosen), steps),
        totals=sum((np.diff(_edges(int(size), steps)) for size in np.diff(edges)), np.zeros(steps, np.int64)),
    )


def steps_of(samples: int, share: RankShare) -> int:
    """Return the steps of an epoch: the fewest whose batches are no larger than the share's."""
    largest = -(-samples // share.world_size)
    return -(-largest // share.batch)


def _draws(weight: npt.NDArray[np.float64], offset: float) -> tuple[_Indices, _Indices]:
    # systematic sampling: exactly one draw in each of len(weight) equal strides over the summed weights
    ends = np.cumsum(weight) * (len(weight) / weight.sum())
    ends[-1] = len(weight)
    if np.all(weight == weight[0]):  # rounding must not double one crop and drop another
        ends = np.arange(1, len(weight) + 1, dtype=np.float64)
    counts = np.diff(np.floor(ends + offset).astype(np.int64), prepend=0)
    drawn = np.repeat(np.arange(len(weight)), counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    return drawn, np.arange(len(drawn)) - starts


def _edges(samples: int, parts: int) -> _Indices:
    return np.arange(parts + 1, dtype=np.int64) * samples // parts


def _number(*parts: object) -> int:
    return int.from_bytes(hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=16).digest(), "little")
