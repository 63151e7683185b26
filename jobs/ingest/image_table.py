"""Rows of `images`: one an image of an export, however often it is listed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from jobs.ingest.image_files import ImageOutcome, SoundImage, frame_size
from jobs.sources.records import ImageSize, Rejected, container_of
from lake.configuration import Source, Splits
from lake.contracts import Image
from lake.errors import ConfigurationError
from lake.reasons import Reason
from lake.schemas import conform, empty_table
from lake.splits import splits_of
from lake.withdrawals import Withdrawn

Listing = Sequence[Sequence[ImageOutcome]]
"""Outcomes of the images of each unit, in the order of the plan."""


@dataclass(frozen=True, slots=True)
class ExportImages:
    """The images of an export: one row an image, and what was rejected of the list."""

    rows: pa.Table  # of `images`, sorted
    rejected: list[Rejected]
    containers: frozenset[str] = frozenset()  # of references that list an image; see `jobs.sources.records.container_of`


def reject_repeated_refs(listing: Listing) -> list[list[ImageOutcome]]:
    """Reject each image whose record has the id of an earlier one; its objects then share its fate.

    Args:
        listing: What became of each image when it was read.
    """
    earlier: set[str] = set()
    return [[_unless_repeated(outcome, earlier) for outcome in unit] for unit in listing]


def reject_withdrawn(listing: Listing, source: Source, withdrawn: Withdrawn) -> Listing:
    """Reject each image that was withdrawn; its objects then share its fate.

    Args:
        listing: From `reject_repeated_refs`.
        source: The stanza of the export.
        withdrawn: What may not be used.
    """
    if not withdrawn:
        return listing
    return [[_unless_withdrawn(outcome, source, withdrawn) for outcome in unit] for unit in listing]


def export_images(listing: Listing, source: Source, splits: Splits) -> ExportImages:
    """Make one row of each image that is listed; a second record of the same bytes is a duplicate.

    Args:
        listing: From `reject_repeated_refs`.
        source: The stanza of the export.
        splits: Shares of the groups in each split.

    Raises:
        ConfigurationError: The name of an image does not fit the source's `group_by`.
    """
    kept: dict[str, SoundImage] = {}
    rejected: list[Rejected] = []
    for outcome in (outcome for unit in listing for outcome in unit):
        if isinstance(outcome, Rejected):
            rejected.append(outcome)
            continue
        first = kept.setdefault(outcome.file.image_id, outcome)
        if first is outcome or (outcome.listed.shared and first.listed.ref == outcome.listed.ref):
            continue
        rejected.append(Rejected(outcome.listed.ref, Reason.DUPLICATE_RECORD, f"the same bytes as {first.listed.ref}"))
    return ExportImages(_rows([kept[image_id] for image_id in sorted(kept)], source, splits), rejected, _containers(listing))


def _containers(listing: Listing) -> frozenset[str]:
    refs = (outcome.listed.ref if isinstance(outcome, SoundImage) else outcome.ref for unit in listing for outcome in unit)
    return frozenset(container_of(ref) for ref in refs if "#" in ref)


def by_name(unit: Sequence[ImageOutcome]) -> dict[str, ImageOutcome]:
    """Return what became of a unit's images by the name that its objects use, the first where several share it."""
    found: dict[str, ImageOutcome] = {}
    for outcome in unit:
        name = outcome.listed.name if isinstance(outcome, SoundImage) else outcome.image
        if name is not None:
            found.setdefault(name, outcome)
    return found


def image_sizes(images: Mapping[str, ImageOutcome], exif: str) -> dict[str, ImageSize]:
    """Return the sizes of the sound images, in the frame of the export's geometry.

    Args:
        images: What became of a unit's images, by name.
        exif: "display" or "stored"; see `jobs.ingest.image_files.check_size`.
    """
    return {name: frame_size(image.file.header, exif) for name, image in images.items() if isinstance(image, SoundImage)}


def _unless_repeated(outcome: ImageOutcome, earlier: set[str]) -> ImageOutcome:
    if isinstance(outcome, Rejected):
        return outcome
    listed = outcome.listed
    if listed.ref in earlier and not listed.shared:
        return Rejected(listed.ref, Reason.DUPLICATE_ID, "an earlier record has the same id and was kept", image=listed.name)
    earlier.add(listed.ref)
    return outcome


def _unless_withdrawn(outcome: ImageOutcome, source: Source, withdrawn: Withdrawn) -> ImageOutcome:
    by = None if isinstance(outcome, Rejected) else withdrawn.covers(source.name, source.customer, outcome.file.image_id)
    if isinstance(outcome, Rejected) or by is None:
        return outcome
    return Rejected(outcome.listed.ref, Reason.WITHDRAWN, f"{by} was withdrawn", image=outcome.listed.name)


def _rows(images: Sequence[SoundImage], source: Source, splits: Splits) -> pa.Table:
    headers = [image.file.header for image in images]
    groups = [_group(image, source.group_by) for image in images]
    columns: dict[str, Any] = {
        "image_id": [image.file.image_id for image in images],
        "uri": [image.uri for image in images],
        "width": [header.width for header in headers],
        "height": [header.height for header in headers],
        "orientation": [header.orientation for header in headers],
        "format": [header.format for header in headers],
        "mode": [header.mode for header in headers],
        "group_id": groups,
        "split": splits_of(groups, splits),
        "phash": pa.array([image.file.phash for image in images], pa.string()),
        "licence": pa.array([image.listed.licence or source.licence for image in images], pa.string()),
    }
    shared = {"source": source.name, "customer": source.customer, "domain": source.domain}
    constant = {name: pa.repeat(pa.scalar(value, pa.string()), len(images)) for name, value in shared.items()}
    return conform(pa.table({**columns, **constant}), Image) if images else empty_table(Image)


def _group(image: SoundImage, group_by: str | None) -> str:
    if group_by is None:
        return image.file.image_id
    found = re.search(group_by, image.listed.path)
    if found is None or not found.group("group"):
        raise ConfigurationError(
            f"group_by {group_by!r} finds no group in the image name {image.listed.path!r}; images without a group "
            "could straddle two splits, so mend the expression"
        )
    return found.group("group")
