"""Reads COCO panoptic exports, JSON and a folder of id maps: one record a segment, and unlisted ids are void.

Source: cocodataset.org/#format-data, "Panoptic segmentation"; docs/formats/coco-panoptic.md says what each becomes.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from imaging.images import ImageRefusedError
from jobs.sources.files.documents import expected_object, map_document, parse_spans
from jobs.sources.files.exports import Export
from jobs.sources.files.json_documents import list_at, nonempty_text, records_at, whole_number
from jobs.sources.files.paths import safe_path
from jobs.sources.formats.coco.categories import Categories, label_of
from jobs.sources.formats.coco.objects import crowd_of
from jobs.sources.formats.coco.reader import CocoUnit, coco_unit, documents_by_image
from jobs.sources.rasters.label_maps import decode_colour_map, refused
from jobs.sources.rasters.regions import Region, find_regions
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
)
from lake.errors import InputError
from lake.reasons import Reason

_WEIGHT = 16  # segments that one image is expected to hold
_IMAGES_OF_A_UNIT = 64


def units(export: Export) -> Iterator[Unit | Rejected]:
    """Divide each document into groups of images with their id maps.

    Raises:
        InputError: The only document is no COCO panoptic file, or is cut off.
    """
    yield from documents_by_image(export, most=_IMAGES_OF_A_UNIT, weight=_WEIGHT)


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the images that the unit lists."""
    yield from coco_unit(unit).images


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield one outcome for each segment, and one void region for what no segment covers."""
    payload = coco_unit(unit)
    for position, record in _records(export, unit):
        container = _container(export, payload.document, record, position)
        number = whole_number(record.get("image_id")) if isinstance(record, dict) else None
        if not isinstance(record, dict) or number is None:
            detail = "expected an annotation with an image_id" if isinstance(record, dict) else expected_object(record, "an annotation")
            yield Rejected(part_ref(container, "map"), Reason.MALFORMED_RECORD, detail)
        elif number not in payload.names:
            yield Rejected(part_ref(container, "map"), Reason.UNLISTED_IMAGE, f"image_id {number} is not in the list of images")
        else:
            yield from _segments(export, payload, record, container, payload.names[number])


def files(export: Export, unit: Unit) -> Iterator[bytes]:
    """Yield the id map of each annotated image."""
    for _, record in _records(export, unit):
        try:
            yield _map_bytes(export, coco_unit(unit).document, record)
        except InputError as error:
            yield str(error).encode()


READER = Reader(units, images, objects, documents=(".json",), files=files)


def _segments(export: Export, payload: CocoUnit, record: dict[str, Any], container: str, image: str) -> Iterator[LabelledObject | Rejected]:
    try:
        coded = decode_colour_map(_map_bytes(export, payload.document, record))
    except ImageRefusedError as error:
        yield refused(part_ref(container, "map"), error)
        return
    except InputError as error:
        yield Rejected(part_ref(container, "map"), Reason.EMPTY_GEOMETRY, str(error))
        return
    numbers = (coded >> 16) | (coded & 0xFF00) | ((coded & 0xFF) << 16)
    ids, inverse = np.unique(numbers, return_inverse=True)
    listed = {whole_number(segment.get("id")) for segment in list_at(record, "segments_info") if isinstance(segment, dict)} - {0}
    slots = np.where(np.isin(ids, [number for number in listed if number is not None]), np.arange(ids.size), ids.size)
    regions = find_regions(slots.astype(np.int32)[inverse].reshape(numbers.shape), np.zeros(ids.size + 1, bool))
    by_id = {int(ids[region.value]) if region.value < ids.size else None: region for region in regions}
    height, width = numbers.shape
    size = ImageSize(width, height)
    seen: set[int] = set()
    for index, segment in enumerate(records_at(record, "segments_info")):
        yield _segment(segment, index, container, image, by_id, size, payload.categories, seen)
    if (void := by_id.get(None)) is not None:
        geometry = RunLengths(void.counts.tolist(), height, width)
        yield LabelledObject(part_ref(container, VOID_LABEL), image, VOID_LABEL, geometry, is_void=True)


def _segment(
    segment: Any,
    index: int,
    container: str,
    image: str,
    regions: Mapping[int | None, Region],
    size: ImageSize,
    categories: Categories,
    seen: set[int],
) -> LabelledObject | Rejected:
    number = whole_number(segment.get("id")) if isinstance(segment, dict) else None
    ref = part_ref(container, f"at {index}" if number is None else number)
    if number is None:
        return Rejected(ref, Reason.MALFORMED_RECORD, "expected a segment with a whole number as its id")
    if number in seen:
        return Rejected(ref, Reason.DUPLICATE_ID, "an earlier segment of the image has the same id")
    seen.add(number)
    label = label_of(categories, segment.get("category_id"))
    if not isinstance(label, str):
        return Rejected(ref, *label)
    crowd = crowd_of(segment)
    if not isinstance(crowd, bool):
        return Rejected(ref, *crowd)
    region = regions.get(number)
    if region is None:
        return Rejected(ref, Reason.EMPTY_GEOMETRY, f"no pixel of the map has id {number}")
    geometry = RunLengths(region.counts.tolist(), size.height, size.width)
    return LabelledObject(ref, image, label, geometry, is_crowd=crowd)


def _map_bytes(export: Export, document: str, record: Any) -> bytes:
    """Read an id map: in a folder named like the document, in `masks`, beside it, or below the annotations."""
    name = safe_path(record.get("file_name") if isinstance(record, dict) else None)
    folder, _, file = document.rpartition("/")
    stem = file.removesuffix(".json")
    for candidate in (f"{stem}/{name}", f"masks/{name}", name, f"annotations/{name}"):
        path = f"{folder}/{candidate}" if folder else candidate
        if export.annotations.entry(path) is not None:
            return export.annotations.read(path)
    raise InputError(f"no id map {name!r} in {stem}/ or masks/ below {export.annotations.uri(folder)}")


def _records(export: Export, unit: Unit) -> Iterator[tuple[int, Any]]:
    payload = coco_unit(unit)
    data = map_document(export, payload.document)
    records = parse_spans(data, payload.group.starts, payload.group.ends)
    yield from zip(payload.group.positions.tolist(), records, strict=True)


def _container(export: Export, path: str, record: Any, position: int) -> str:
    document = export.document_name(path)
    name = nonempty_text(record.get("file_name")) if isinstance(record, dict) else None
    return "/".join(part for part in (document, name[:200] if name else f"at {position}") if part)
