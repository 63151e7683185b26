"""The final split and group of every image: as drawn and joined, or as its source says; and which pictures are held out by that.

A source with a `split` of its own is held out: all its images are in that split, and none is moved by what other sources
have. What those have of a held-out picture (the same bytes, one that looks like it, or one of the same group) is left
out altogether, so that no model is trained on it and the held-out split stays what its owner made it. Among held-out
sources pictures are joined within a split, never across.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.label.duplicates import GROUP_COLUMNS, Joined, JoinedGroup, join_groups, near_pairs, regroup

SPLIT_COLUMNS = ("source", *GROUP_COLUMNS)
"""What is read of an image."""
DRAWN_POOL = ""
"""Stands for the pool of sources whose split is drawn."""


@dataclass(frozen=True, slots=True)
class FinalSplits:
    """What becomes of the groups and splits that were drawn; picklable, for workers."""

    fixed: Mapping[str, str] = field(default_factory=dict)  # split by source, of those that are held out
    groups: Mapping[str, Mapping[str, JoinedGroup]] = field(default_factory=dict)  # joined ones, by pool and own name
    held_out: Mapping[str, str] = field(default_factory=dict)  # image_id -> source that holds it out from those that are not

    def applied(self, images: pa.Table) -> pa.Table:
        """Give images their final group and split.

        Args:
            images: With at least source, group_id and split.
        """
        pools = (regroup(rows, self.groups.get(pool, {})) for pool, rows in pools_of(images, self.fixed))
        return pa.concat_tables(rows.cast(images.schema) for rows in pools)

    def are_held_out(self, rows: pa.Table) -> pa.ChunkedArray:
        """Return which rows are of an image that another source holds out: (N,) bool.

        Args:
            rows: With at least image_id and source.
        """
        held = pc.is_in(rows.column("image_id"), pa.array(list(self.held_out), pa.string()))
        return pc.and_(held, pc.invert(pc.is_in(rows.column("source"), pa.array(list(self.fixed), pa.string()))))

    def holder(self, source: str, image_id: str) -> str | None:
        """Return the source that holds an image out from another source's rows; None where none does."""
        return None if source in self.fixed else self.held_out.get(image_id)


def pools_of(images: pa.Table, fixed: Mapping[str, str]) -> Iterator[tuple[str, pa.Table]]:
    """Divide images by the split that their source fixes, which they are given; those whose split is drawn come first.

    Args:
        images: With at least source and split.
        fixed: Split by source.
    """
    sources = images.column("source")
    yield DRAWN_POOL, images.filter(pc.invert(pc.is_in(sources, pa.array(sorted(fixed), pa.string()))))
    for split in sorted(set(fixed.values())):
        rows = images.filter(pc.is_in(sources, pa.array(sorted(source for source, its in fixed.items() if its == split), pa.string())))
        at = rows.column_names.index("split")
        yield split, rows.set_column(at, "split", pa.array([split] * len(rows), pa.string()))


def final_splits(images: pa.Table, fixed: Mapping[str, str], distance: int | None) -> tuple[FinalSplits, Joined]:
    """Decide the splits of all images; and say what was joined, over all pools.

    Args:
        images: SPLIT_COLUMNS of all images that are used.
        fixed: Split by source, of those that are held out.
        distance: See `jobs.label.duplicates.join_groups`.

    Raises:
        ContractError: A group of a source whose split is drawn lies in two splits.
    """
    held = held_out(images, fixed, distance) if fixed else {}
    joined: dict[str, Joined] = {}
    for pool, rows in pools_of(images, fixed):
        used = rows if pool != DRAWN_POOL or not held else rows.filter(pc.invert(pc.is_in(rows.column("image_id"), pa.array(list(held)))))
        joined[pool] = join_groups(used, distance)
    everything = {name: group for one in joined.values() for name, group in one.groups.items()}
    told = Joined(everything, sum(one.alike for one in joined.values()), max(one.largest for one in joined.values()))
    return FinalSplits(fixed, {pool: one.groups for pool, one in joined.items()}, held), told


def held_out(images: pa.Table, fixed: Mapping[str, str], distance: int | None) -> dict[str, str]:
    """Find the images of other sources that a held-out source has, too, or has the like of.

    Args:
        images: SPLIT_COLUMNS.
        fixed: Split by source, of those that are held out.
        distance: Bits, 0 to 63; None: only the same bytes and the same group.

    Returns:
        The name of the held-out source, by image id; the first where there are several.
    """
    is_fixed = pc.is_in(images.column("source"), pa.array(sorted(fixed), pa.string()))
    owners, others = images.filter(is_fixed), images.filter(pc.invert(is_fixed))
    held: dict[str, str] = {}
    for column in ("image_id", "group_id"):
        owner = _first_owner(owners, column)
        held |= _matching(others, column, owner, held)
    if distance is not None:
        owner = _first_owner(owners, "phash")
        held |= _matching(others, "phash", owner | _near(others, owner, distance), held)
    return held


def _first_owner(owners: pa.Table, column: str) -> dict[str, str]:
    rows = zip(owners.column(column).to_pylist(), owners.column("source").to_pylist(), strict=True)
    return dict(sorted({(value, source) for value, source in rows if value is not None}, reverse=True))


def _matching(others: pa.Table, column: str, owner: Mapping[str, str], held: Mapping[str, str]) -> dict[str, str]:
    rows = zip(others.column("image_id").to_pylist(), others.column(column).to_pylist(), strict=True)
    return {image: owner[value] for image, value in rows if value in owner and image not in held}


def _near(others: pa.Table, owner: Mapping[str, str], distance: int) -> dict[str, str]:
    """Return the held-out source of each hash of another that is near one of its hashes."""
    texts = sorted({*owner, *others.column("phash").drop_null().to_pylist()})
    found: dict[str, str] = {}
    for one, other in near_pairs(np.array([int(text, 16) for text in texts], np.uint64), distance).tolist():
        for own, strange in ((texts[one], texts[other]), (texts[other], texts[one])):
            if own in owner:
                found.setdefault(strange, owner[own])
    return found
