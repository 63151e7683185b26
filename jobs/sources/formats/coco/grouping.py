"""Groups the annotations of a COCO document by image, a bounded number at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.packing import pack_spans
from jobs.sources.files.json_keys import MISSING
from jobs.sources.files.json_spans import Elements, Offsets

MOST_OBJECTS = 8192
"""Annotations of a group, unless one image alone has more."""
MOST_IMAGES = 1024

_Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ImageGroup:
    """The spans of some annotations in their document; `earlier` holds the span of the record whose id one repeats."""

    positions: _Whole  # (N,) index in the document's list
    starts: Offsets  # (N,) where each begins in the document
    ends: Offsets  # (N,)
    earlier: Mapping[int, tuple[int, int]]  # index in this group -> span

    def without(self, taken: NDArray[np.bool_]) -> "ImageGroup":
        """Return the group without some of its annotations.

        Args:
            taken: (N,) bool, those to leave out.
        """
        left = np.flatnonzero(~taken)
        earlier = {now: self.earlier[was] for now, was in enumerate(left.tolist()) if was in self.earlier}
        return ImageGroup(self.positions[left], self.starts[left], self.ends[left], earlier)


def group_by_image(image_ids: Sequence[int | None], annotations: Elements, most: int | None = None) -> Iterator[tuple[range, ImageGroup]]:
    """Group annotations by image; those of unlisted images come last, without images.

    Args:
        image_ids: Id of each image in the document's order, None where annotations cannot find it; ids are distinct.
        annotations: All annotations of the document.
        most: Annotations of a group, instead of `MOST_OBJECTS`.

    Yields:
        Slots in `image_ids`, and the annotations that lie on them.
    """
    most = most or MOST_OBJECTS
    slots = _slot_of_each(image_ids, annotations.image_ids)
    order = np.argsort(slots, kind="stable")
    counts = np.bincount(slots, minlength=len(image_ids) + 1)
    first_of_id = _first_of_each(annotations.ids)
    ends = np.cumsum(counts)
    starts = ends - counts
    for images in pack_spans(starts[:-1], ends[:-1], most, most_items=MOST_IMAGES):
        yield images, _group(order[starts[images.start] : ends[images.stop - 1]], annotations, first_of_id)
    unlisted = order[starts[-1] :]
    for chunk in range(0, unlisted.size, most):
        yield range(0), _group(unlisted[chunk : chunk + most], annotations, first_of_id)


def _slot_of_each(image_ids: Sequence[int | None], wanted: _Whole) -> _Whole:
    """Return each annotation's image as a slot; one past the last where the image is not listed."""
    known = [(number, slot) for slot, number in enumerate(image_ids) if number is not None]
    if not known:
        return np.full(wanted.size, len(image_ids), np.int64)
    table = np.array(sorted(known), np.int64)
    nearest = np.minimum(np.searchsorted(table[:, 0], wanted), len(known) - 1)
    return np.where(table[nearest, 0] == wanted, table[nearest, 1], len(image_ids))


def _first_of_each(ids: _Whole) -> _Whole:
    """Return, for each annotation, the first one of the document that has its id; ids that are missing differ."""
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    begins = np.r_[True, (ordered[1:] != ordered[:-1]) | (ordered[1:] == MISSING)] if ids.size else np.empty(0, bool)
    first = np.empty(ids.size, np.int64)
    first[order] = order[np.maximum.accumulate(np.where(begins, np.arange(ids.size), 0))]
    return first


def _group(positions: _Whole, annotations: Elements, first_of_id: _Whole) -> ImageGroup:
    repeats = np.flatnonzero(first_of_id[positions] != positions)
    spans = {
        index: (int(annotations.starts[first]), int(annotations.ends[first]))
        for index, first in zip(repeats.tolist(), first_of_id[positions[repeats]].tolist(), strict=True)
    }
    return ImageGroup(positions, annotations.starts[positions], annotations.ends[positions], spans)
