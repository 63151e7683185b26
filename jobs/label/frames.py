"""Notices videos that are dealt frame by frame: images whose names are numbered, evaluated beside their neighbours in training."""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

LEAST_FRAMES = 8
"""Images of one sequence."""
REGULAR = 0.5
"""Share of the steps between the numbers of a sequence that are the most frequent one: frames are regular, ids are not."""
LEAST_SHARE = 0.25
"""Share of a source's evaluated images that have a neighbour in training."""
LEAST_NEIGHBOURS = 3
_ROWS = 65_536  # that are Python objects at once
_NUMBERED = re.compile(r"^(?P<prefix>.*?)(?P<number>\d+)(?P<suffix>\.[^./]+)?$")
_BLOCK = 2
"""Last digits of a number that are free within a proposed group: blocks of a hundred frames."""


class _Frame(NamedTuple):
    number: int
    split: str


def frame_notes(images: pa.Table, grouped: Iterable[str]) -> list[str]:
    """Say which sources look like videos whose frames are dealt apart, and propose their `group_by`.

    Args:
        images: `source`, `uri` and final `split` of all images that are used.
        grouped: Names of sources that need no such note: they have a `group_by`, or a split of their own.
    """
    notes = []
    for source in sorted(set(pc.unique(images.column("source")).to_pylist()) - set(grouped)):
        sequences = _sequences(images.filter(pc.equal(images.column("source"), source)))
        frames = [frame for sequence in sequences.values() for frame in sequence]
        evaluated = sum(frame.split != "train" for frame in frames)
        beside = sum(_beside_training(sequence) for sequence in sequences.values())
        if beside >= max(LEAST_NEIGHBOURS, LEAST_SHARE * evaluated):
            notes.append(
                f"source {source!r} looks like video: its file names are numbered, and {beside:,} of {evaluated:,} val and test frames "
                f"have a neighbour in training; keep sequences together with `group_by: '{_proposal(sequences)}'`"
            )
    return notes


def _sequences(images: pa.Table) -> dict[str, list[_Frame]]:
    """Return the regular sequences of a source, by the folder and the beginning of their names, in the order of their numbers."""
    found: dict[str, list[_Frame]] = defaultdict(list)
    for batch in images.select(["uri", "split"]).to_batches(max_chunksize=_ROWS):
        for uri, split in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            folder, _, name = uri.rpartition("/")
            match = _NUMBERED.match(name)
            if match is not None:
                found[f"{folder}/{match['prefix']}"].append(_Frame(int(match["number"]), sys.intern(split)))
    return {prefix: ordered for prefix, frames in found.items() if _is_regular(ordered := sorted(frames))}


def _is_regular(frames: list[_Frame]) -> bool:
    steps = Counter(after.number - before.number for before, after in pairwise(frames))
    return len(frames) >= LEAST_FRAMES and max(steps.values()) >= REGULAR * steps.total()


def _beside_training(frames: list[_Frame]) -> int:
    """Count the evaluated frames whose neighbour, before or after, is in training."""
    splits = [frame.split for frame in frames]
    near = zip([None, *splits[:-1]], splits, [*splits[1:], None], strict=True)
    return sum(own != "train" and "train" in (before, after) for before, own, after in near)


def _proposal(sequences: Mapping[str, list[_Frame]]) -> str:
    names = {prefix.rpartition("/")[2] for prefix in sequences}
    if len(sequences) > 1 and "" not in names:
        return r"(?P<group>[^/]*?)\d+(\.[^./]+)?$"
    if len(sequences) > 1:
        return r"(?P<group>[^/]+)/[^/]*$"
    return rf"(?P<group>[^/]*)\d{{{_BLOCK}}}(\.[^./]+)?$"
