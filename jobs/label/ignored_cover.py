"""How much of the images is covered by labels that a map ignores: those pixels are an example of nothing, not even of background."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from taxonomy.labelling import NO_CLASS, Labelling

MOST_COVERED = 0.2
"""Share of a customer's images that ignored labels may cover before it is told."""
LEAST_TOLD = 0.02
"""Share that a label covers at least to be named."""


@dataclass(frozen=True, slots=True)
class IgnoredCover:
    """Shares of images that are covered by ignored labels, summed over images; crowds and void regions are not counted."""

    shares: Counter[tuple[str, str]] = field(default_factory=Counter)  # by customer and label
    images: Counter[str] = field(default_factory=Counter)  # by customer, those with an annotation

    def __add__(self, other: "IgnoredCover") -> "IgnoredCover":
        return IgnoredCover(self.shares + other.shares, self.images + other.images)


def ignored_cover(annotations: pa.Table, labelling: Labelling) -> IgnoredCover:
    """Measure some annotations; an image whose annotations are measured in two parts counts as two.

    Args:
        annotations: Rows of `annotations`.
        labelling: The taxonomy and the label maps.
    """
    objects = annotations.filter(pc.invert(pc.or_(annotations.column("is_crowd"), annotations.column("is_void"))))
    pixels = pc.multiply(pc.cast(objects.column("image_width"), pa.float64()), pc.cast(objects.column("image_height"), pa.float64()))
    shares = pa.table(
        [objects.column("customer"), objects.column("label"), pc.divide(objects.column("area"), pixels)], ["customer", "label", "share"]
    )
    images = annotations.group_by(["customer", "image_id"], use_threads=False).aggregate([])
    return IgnoredCover(
        Counter(
            {
                (row["customer"], row["label"]): row["share_sum"]
                for row in shares.group_by(["customer", "label"], use_threads=False).aggregate([("share", "sum")]).to_pylist()
                if labelling.meaning(row["customer"], row["label"]) == NO_CLASS
            }
        ),
        Counter(images.column("customer").to_pylist()),
    )


def cover_notes(measured: Iterable[IgnoredCover]) -> list[str]:
    """Say of which customers the ignored labels cover much, and what helps.

    Args:
        measured: Of all parts of the annotations.
    """
    cover = sum(measured, IgnoredCover())
    notes = []
    for customer, images in sorted(cover.images.items()):
        shares = {label: share / images for (of, label), share in cover.shares.items() if of == customer}
        named = sorted(((share, label) for label, share in shares.items() if share >= LEAST_TOLD), reverse=True)
        if sum(shares.values()) >= MOST_COVERED and named:
            told = ", ".join(f"{label!r} {share:.0%}" for share, label in named)
            notes.append(
                f"labels that customer {customer!r} ignores cover {sum(shares.values()):.0%} of its images ({told}): crops have few "
                "negative pixels there, or none; map them to a class under `background` instead"
            )
    return notes
