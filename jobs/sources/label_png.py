"""A folder of label maps with its folder of images and class list in, one record a region out.

A label map belongs to the image of the same path and stem. docs/formats/label-png.md says what each id becomes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from jobs.sources.class_list import ClassList, parse_classes
from jobs.sources.exports import Entry, Export
from jobs.sources.label_maps import Map, decode_colour_map, decode_index_map, is_coloured, refused
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
from jobs.sources.regions import Region, find_regions
from lake.errors import InputError
from lake.images import ImageRefusedError
from lake.reasons import Reason

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif")
LABEL_SUFFIXES = (".png", ".bmp", ".tif", ".tiff")
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
    pictures = _by_stem(export.images.entries(*IMAGE_SUFFIXES))
    labels = _by_stem(export.documents(*LABEL_SUFFIXES))
    for stem in sorted(pictures.keys() | labels.keys()):
        of_stem, maps = pictures.get(stem, []), labels.get(stem, [])
        for place in range(max(len(of_stem), len(maps))):
            image = of_stem[place] if place < len(of_stem) else None
            label = maps[place] if place < len(maps) else None
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
        values = class_ids(export.annotations.read(payload.label), payload.classes)
    except ImageRefusedError as error:
        yield refused(ref, error)
        return
    except (InputError, FileNotFoundError) as error:
        yield Rejected(ref, Reason.UNDECODABLE_IMAGE, f"label map: {error}")
        return
    size = sizes.get(payload.image)
    if size is not None and (size.height, size.width) != values.shape:
        found = f"{values.shape[1]} x {values.shape[0]}"
        detail = f"the label map has {found} px, its image {size.width} x {size.height}"
        yield Rejected(ref, Reason.SIZE_MISMATCH, detail)
        return
    yield from region_objects(values, payload.label, payload.image, payload.classes)


def files(export: Export, unit: Unit) -> Iterator[bytes]:
    """Yield the unit's label map."""
    label = _payload(unit).label
    if label is not None:
        try:
            yield export.annotations.read(label)
        except (InputError, FileNotFoundError) as error:
            yield str(error).encode()


READER = Reader(units, images, objects, documents=(), files=files)


def class_ids(data: bytes, classes: ClassList) -> Map:
    """Decode a label map into class ids; every id that the class list does not name becomes one id above all.

    Raises:
        ImageRefusedError: It cannot be decoded, or is coded by colour while the class list has no colours.
    """
    if is_coloured(data):
        if not classes.colours:
            raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, "coded by colour, but no class of the class list has an rgb")
        coded = decode_colour_map(data)
        colours, places = np.unique(coded, return_inverse=True)
        ids = np.array([classes.colours.get(int(colour), -1) for colour in colours], np.int32)
        values: Map = ids[places.reshape(coded.shape)]
    else:
        values = decode_index_map(data)
    void = classes.divided().size - 1
    known = np.zeros(void + 1, bool)
    known[sorted(classes.names)] = True
    inside = np.clip(values, 0, void)
    return np.where(known[inside] & (values == inside), inside, void).astype(np.int32)


def region_objects(values: Map, label: str, image: str, classes: ClassList) -> Iterator[LabelledObject]:
    """Yield the regions of a map of class ids; void is one region, however many parts it has."""
    height, width = values.shape
    seen: dict[int, int] = {}
    for region in find_regions(values, classes.divided()):
        number = seen[region.value] = seen.get(region.value, -1) + 1
        geometry = RunLengths(region.counts.tolist(), height, width)
        yield _region_object(region, number, label, image, geometry, classes)


def _region_object(region: Region, number: int, label: str, image: str, geometry: RunLengths, classes: ClassList) -> LabelledObject:
    name = classes.names.get(region.value)
    part = f"{VOID_LABEL if name is None else region.value}/{number}"
    return LabelledObject(part_ref(label, part), image, name or VOID_LABEL, geometry, is_void=name is None)


def _by_stem(entries: list[Entry]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in entries:
        found.setdefault(entry.path.rpartition(".")[0], []).append(entry.path)
    return found


def _payload(unit: Unit) -> LabelUnit:
    if not isinstance(unit.payload, LabelUnit):
        raise ValueError(f"expected a unit of a label map, got {type(unit.payload).__name__}")
    return unit.payload
