"""Divides a label map into labelled regions, by its class list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.images import ImageRefusedError
from jobs.sources.formats.label_png.class_list import HIGHEST_ID, SHARED, ClassList
from jobs.sources.rasters.label_maps import IdMap, decode_colour_map, decode_index_map, is_coloured
from jobs.sources.rasters.regions import Region, find_regions
from jobs.sources.records import VOID_LABEL, ImageSize
from lake.reasons import Reason

VOID = HIGHEST_ID + 1
"""Stands for every id that the class list does not name."""


@dataclass(frozen=True, slots=True)
class LabelRegions:
    """The regions of a label map: each with its name within the map and its label, None for void."""

    size: ImageSize
    regions: Sequence[tuple[str, str | None, Region]]


def label_regions(data: bytes, classes: ClassList) -> LabelRegions:
    """Decode a label map and divide it into regions; void is one region, however many parts it has.

    Args:
        data: The map's file.
        classes: What its ids, or its colours, mean.

    Raises:
        ImageRefusedError: It cannot be decoded, or is coded by colour while the class list has no colours, or one for several.
    """
    if classes.instances_of is not None:
        return _instances(data, classes.instances_of, classes.ignored)
    if classes.divisor is not None:
        return _coded_instances(data, classes, classes.divisor)
    values, ids = _values_and_ids(data, classes)
    numbers: dict[int, int] = {}
    found = []
    for region in find_regions(values, classes.divided(), ids):
        number = numbers[region.value] = numbers.get(region.value, -1) + 1
        name = classes.names.get(region.value)
        found.append((f"{VOID_LABEL if name is None else region.value}/{number}", name, region))
    return LabelRegions(_size(values), found)


def _values_and_ids(data: bytes, classes: ClassList) -> tuple[NDArray[Any], IdMap]:
    """Return a map's values, and the class id of each value."""
    if not is_coloured(data):
        values = decode_index_map(data)
        if values.dtype == np.int32:
            numbers, inverse = np.unique(values, return_inverse=True)
            return inverse.astype(np.int32), _known(numbers, classes)
        return values, _known(np.arange(np.iinfo(values.dtype).max + 1, dtype=np.int32), classes)
    if not classes.colours:
        raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, "coded by colour, but no class of the class list has an rgb")
    colours, inverse = np.unique(decode_colour_map(data), return_inverse=True)
    ids = np.array([classes.colours.get(int(colour), VOID) for colour in colours], np.int32)
    if (ids == SHARED).any():
        colour = int(colours[ids == SHARED][0])
        raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, f"coded by colour, but several classes have the colour #{colour:06x}")
    return inverse.astype(np.int32), _known(ids, classes)


def _instances(data: bytes, label: str, ignored: int | None) -> LabelRegions:
    """Divide a map whose values are instances of one class: one region a value, none of 0, and void where it says so."""
    values = _numbers(data)
    numbers, inverse = np.unique(values, return_inverse=True)
    slots = np.where(numbers == 0, -1, np.arange(numbers.size)).astype(np.int32)
    found = []
    for region in find_regions(slots[inverse].reshape(values.shape), np.zeros(numbers.size, bool)):
        number = int(numbers[region.value])
        void = number == ignored
        found.append((f"{VOID_LABEL if void else number}/0", None if void else label, region))
    return LabelRegions(_size(values), found)


def _numbers(data: bytes) -> IdMap:
    """Decode a map of numbers, in one channel, or in three as R + 256 G + 65536 B."""
    return _least_first(decode_colour_map(data)) if is_coloured(data) else decode_index_map(data).astype(np.int32)


def _coded_instances(data: bytes, classes: ClassList, divisor: int) -> LabelRegions:
    """Divide a map of class * divisor + instance: one region a value, things without instance by their parts."""
    values = _numbers(data)
    coded, inverse = np.unique(values, return_inverse=True)
    of_class = _known(np.where(coded < divisor, coded, coded // divisor).astype(np.int32), classes)
    void = of_class == VOID
    slots = np.where(void, coded.size, np.arange(coded.size)).astype(np.int32)
    divided = np.zeros(coded.size + 1, bool)
    divided[:-1] = (coded < divisor) & np.isin(of_class, sorted(classes.things))
    found: list[tuple[str, str | None, Region]] = []
    numbers: dict[int, int] = {}
    for region in find_regions(slots[inverse].reshape(values.shape), divided):
        number = numbers[region.value] = numbers.get(region.value, -1) + 1
        if region.value == coded.size:
            found.append((f"{VOID_LABEL}/{number}", None, region))
        else:
            found.append((f"{coded[region.value]}/{number}", classes.names[int(of_class[region.value])], region))
    return LabelRegions(_size(values), found)


def _least_first(colours: IdMap) -> IdMap:
    """Read R + 256 G + 65536 B out of 0xRRGGBB."""
    return (colours >> 16) | (colours & 0xFF00) | ((colours & 0xFF) << 16)


def _known(values: IdMap, classes: ClassList) -> IdMap:
    known = np.zeros(VOID + 1, bool)
    known[sorted(classes.names)] = True
    inside = np.clip(values, 0, VOID)
    return np.where(known[inside] & (values == inside), inside, VOID).astype(np.int32)


def _size(values: IdMap) -> ImageSize:
    return ImageSize(values.shape[1], values.shape[0])
