"""Reads a folder of label maps beside its folder of images: one record a region.

A label map belongs to the image of the same path and stem; `pairing` says which that is.
docs/formats/label-png.md says what each id becomes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from imaging.images import ImageRefusedError
from jobs.sources.files.exports import Export
from jobs.sources.files.image_suffixes import IMAGE_SUFFIXES
from jobs.sources.formats.label_png.class_list import ClassList, parse_classes
from jobs.sources.formats.label_png.label_regions import label_regions
from jobs.sources.formats.label_png.pairing import LABEL_SUFFIXES, pair_maps
from jobs.sources.rasters.label_maps import refused
from jobs.sources.reader import Reader
from jobs.sources.records import (
    VOID_LABEL,
    ImageSize,
    LabelledObject,
    ListedImage,
    Rejected,
    RunLengths,
    Unit,
    part_ref,
    record_ref,
)
from lake.errors import InputError
from lake.reasons import Reason

_WEIGHT = 64  # objects that one map is expected to hold


@dataclass(frozen=True, slots=True)
class LabelUnit:
    """One image with its label map; either may be absent."""

    image: str | None
    label: str | None
    classes: ClassList


def units(export: Export) -> Iterator[Unit | Rejected]:
    """Pair label maps with images by path and stem.

    Raises:
        InputError: The annotations are no folder, the source names no folder of images, or has no class list.
    """
    if export.file is not None or export.images_beside:
        raise InputError("format label-png needs a folder of label maps as `annotations` and a folder of `images`")
    classes = parse_classes(export.classes)
    maps = [entry.path for entry in export.documents(*LABEL_SUFFIXES)]
    listed = [entry.path for entry in export.images.entries(*IMAGE_SUFFIXES)]
    for stem, image, label in pair_maps(listed, maps, one_folder=export.images.root == export.annotations.root):
        yield Unit(stem, LabelUnit(image, label, classes), weight=_WEIGHT)


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the unit's image."""
    image = _payload(unit).image
    if image is not None:
        yield ListedImage(record_ref(None, f"image {image}"), image, image)


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield one record for each region of the label map, and one for its void."""
    payload = _payload(unit)
    if payload.label is None:
        return
    ref = part_ref(payload.label, "map")
    if payload.image is None:
        yield Rejected(ref, Reason.MISSING_IMAGE, f"no image of the stem {unit.name!r} below {export.images.root}")
        return
    try:
        found = label_regions(export.annotations.read(payload.label), payload.classes)
    except ImageRefusedError as error:
        yield refused(ref, error)
        return
    except (InputError, FileNotFoundError) as error:
        yield Rejected(ref, Reason.UNDECODABLE_IMAGE, f"label map: {error}")
        return
    size = sizes.get(payload.image)
    if size is not None and size != found.size:
        stated = f"{found.size.width} x {found.size.height}"
        detail = f"the label map has {stated} px, its image {size.width} x {size.height}"
        yield Rejected(ref, Reason.SIZE_MISMATCH, detail)
        return
    for part, label, region in found.regions:
        geometry = RunLengths(region.counts.tolist(), found.size.height, found.size.width)
        yield LabelledObject(part_ref(payload.label, part), payload.image, label or VOID_LABEL, geometry, is_void=label is None)


def files(export: Export, unit: Unit) -> Iterator[bytes]:
    """Yield the unit's label map."""
    label = _payload(unit).label
    if label is not None:
        try:
            yield export.annotations.read(label)
        except (InputError, FileNotFoundError) as error:
            yield str(error).encode()


READER = Reader(units, images, objects, documents=(), files=files)


def _payload(unit: Unit) -> LabelUnit:
    if not isinstance(unit.payload, LabelUnit):
        raise ValueError(f"expected a unit of a label map, got {type(unit.payload).__name__}")
    return unit.payload
