"""Reads COCO instances, also LVIS's and Roboflow's: files of any size, a unit of images at a time.

Source: cocodataset.org/#format-data; docs/formats/coco.md says what becomes of each irregular record.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.sources.fields.image_paths import first_present
from jobs.sources.files.documents import expected_object, map_document, parse_span, parse_spans
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import MappedBytes
from jobs.sources.files.json_documents import image_side, whole_number
from jobs.sources.files.json_spans import Elements, element_spans, member_spans
from jobs.sources.files.paths import HostilePathError, safe_path
from jobs.sources.files.task_lists import begins_with
from jobs.sources.formats.coco.categories import Categories, categories_of
from jobs.sources.formats.coco.columns import read_columns
from jobs.sources.formats.coco.grouping import ImageGroup, group_by_image
from jobs.sources.formats.coco.licences import licence_of, licences_of
from jobs.sources.formats.coco.objects import labelled_object
from jobs.sources.reader import ByColumns, Reader
from jobs.sources.record_columns import Columns, listed_columns, listed_images
from jobs.sources.records import ImageSize, LabelledObject, ListedImage, PolygonBatch, Rejected, Unit, record_ref
from lake.errors import InputError
from lake.reasons import Reason

_IMAGES_AT_ONCE = 4096
_LOOKED_AT = 8  # images of a document by which the folder of its split is known


@dataclass(frozen=True, slots=True)
class CocoUnit:
    """Some images of one document and the spans of the annotations that lie on them."""

    document: str
    categories: Categories
    images: tuple[ListedImage | Rejected, ...]
    names: Mapping[int, str]  # image id -> `ListedImage.name`
    group: ImageGroup

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as columns: a unit has a thousand images."""
        return _unpacked, (self.document, self.categories, listed_columns(self.images), tuple(self.names), self.group)


def units(export: Export) -> Iterator[Unit | Rejected]:
    """Divide each document into groups of images with their annotations.

    Raises:
        InputError: The only document is no COCO file, or is cut off.
    """
    yield from documents_by_image(export)


def documents_by_image(export: Export, *, most: int | None = None, weight: int = 1) -> Iterator[Unit | Rejected]:
    """Divide each document, of instances or panoptic, into groups of images with their annotations.

    Args:
        export: The export.
        most: Annotations of a group; see `group_by_image`.
        weight: Objects that one annotation is expected to hold.

    Raises:
        InputError: The only document is no COCO file, or is cut off.
    """
    for entry in export.documents(".json"):
        try:
            yield from _document_units(export, entry.path, most, weight)
        except InputError as error:
            if export.file is not None:
                raise
            yield Rejected(record_ref(entry.path, "document"), Reason.MALFORMED_RECORD, str(error))


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the images that the division into units has listed; the document is looked up, since its objects hang on it."""
    export.annotations.entry(coco_unit(unit).document)
    yield from coco_unit(unit).images


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Parse the unit's annotations and yield one outcome for each."""
    payload = coco_unit(unit)
    document = export.document_name(payload.document)
    data = map_document(export, payload.document)
    group = payload.group
    records = parse_spans(data, group.starts, group.ends)
    for index, record in enumerate(records):
        earlier = group.earlier.get(index)
        if earlier is not None:
            yield duplicate(record_ref(document, _id_of(record, group.positions[index])), record, parse_span(data, *earlier))
        else:
            yield labelled_object(record, int(group.positions[index]), document, payload.categories, payload.names)


def polygon_batch(export: Export, unit: Unit) -> PolygonBatch:
    """Read the unit's annotations that are plain and outlined by polygons, as columns."""
    payload = coco_unit(unit)
    document = export.document_name(payload.document)
    group = payload.group
    found = read_columns(map_document(export, payload.document), group.starts, group.ends)
    usable = found.regular.copy()
    usable[list(group.earlier)] = False
    named = {number: names[0] for number, names in payload.categories.items() if len(names) == 1}
    images = _indices_in(found.image_ids, list(payload.names), usable)
    labels = _indices_in(found.category_ids, list(named), usable)
    prefix = record_ref(document, "")
    return PolygonBatch(
        usable,
        [f"{prefix}{number}" for number in found.ids.tolist()],
        tuple(payload.names.values()),
        images,
        tuple(named.values()),
        labels,
        found.is_crowd,
        found.points,
        found.rings,
        found.objects,
    )


def without(unit: Unit, taken: NDArray[np.bool_]) -> Unit:
    """Return the unit without the annotations that were read as columns.

    Args:
        unit: Of a COCO document.
        taken: (N,) bool, the rows of its `PolygonBatch` that were read.
    """
    payload = coco_unit(unit)
    return replace(unit, payload=replace(payload, group=payload.group.without(taken)))


READER = Reader(units, images, objects, documents=(".json",), columns=ByColumns(polygon_batch, without))


def _unpacked(document: str, categories: Categories, images: Columns, names: Sequence[int], group: ImageGroup) -> CocoUnit:
    return CocoUnit(document, categories, listed_images(images), image_names(names), group)


def image_names(image_ids: Iterable[int]) -> dict[int, str]:
    """Return `ListedImage.name` of images by id."""
    return {number: str(number) for number in image_ids}


def _indices_in(wanted: NDArray[np.int64], known: Sequence[int], usable: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return where each number stands among the known ones; a row whose number is not known is not usable."""
    table = np.array(sorted((number, index) for index, number in enumerate(known)), np.int64).reshape(-1, 2)
    if not len(table):
        usable[:] = False
        return np.zeros(wanted.size, np.int64)
    nearest = np.minimum(np.searchsorted(table[:, 0], wanted), len(table) - 1)
    usable &= table[nearest, 0] == wanted
    indices: NDArray[np.int64] = table[nearest, 1]
    return indices


def duplicate(ref: str, record: Any, earlier: Any) -> Rejected:
    """Reject a record whose id an earlier one has: the first of an id stands."""
    if record == earlier:
        return Rejected(ref, Reason.DUPLICATE_RECORD, "equal to an earlier record with the same id")
    return Rejected(ref, Reason.DUPLICATE_ID, "an earlier record with other content has the same id, and the first counts")


def images_of(
    export: Export, path: str, data: MappedBytes, elements: Elements, licences: Mapping[int, str]
) -> tuple[list[ListedImage | Rejected], list[int | None]]:
    """List a document's images, with the id under which annotations find each; None for one that is rejected.

    Args:
        export: The export.
        path: Of the document.
        data: (N,) uint8, the document.
        elements: Of its list of images.
        licences: Of the document, by id.
    """
    listed: list[ListedImage | Rejected] = []
    ids: list[int | None] = []
    first: dict[int, int] = {}
    split = _folder_of_split(export, path, parse_spans(data, elements.starts[:_LOOKED_AT], elements.ends[:_LOOKED_AT]))
    for begin in range(0, len(elements), _IMAGES_AT_ONCE):
        chunk = slice(begin, begin + _IMAGES_AT_ONCE)
        for index, record in enumerate(parse_spans(data, elements.starts[chunk], elements.ends[chunk]), start=begin):
            outcome, number = _listed(export, path, split, index, record)
            if isinstance(outcome, ListedImage) and (licence := licence_of(record, licences)):
                outcome = outcome._replace(licence=licence)
            if isinstance(outcome, ListedImage) and number is not None:
                if number in first:
                    earlier = parse_span(data, elements.starts[first[number]], elements.ends[first[number]])
                    outcome, number = duplicate(outcome.ref, record, earlier), None
                else:
                    first[number] = index
            listed.append(outcome)
            ids.append(number)
    return listed, ids


def _listed(export: Export, path: str, split: str, index: int, record: Any) -> tuple[ListedImage | Rejected, int | None]:
    number = whole_number(record.get("id")) if isinstance(record, dict) else None
    ref = record_ref(export.document_name(path), f"image {number if number is not None else f'at {index}'}")
    if number is None:
        detail = "expected a whole number as an image's id" if isinstance(record, dict) else expected_object(record, "an image")
        return Rejected(ref, Reason.MALFORMED_RECORD, detail), None
    try:
        name = record.get("file_name")
        where = export.image_path(path, f"{split}{name}" if split else name) if name else first_present(export, path, _lvis_names(record))
    except HostilePathError as error:
        return Rejected(ref, Reason.HOSTILE_PATH, str(error), image=str(number)), number
    width, height = image_side(record.get("width")), image_side(record.get("height"))
    return ListedImage(ref, str(number), where, width, height), number


def _folder_of_split(export: Export, path: str, records: Sequence[Any]) -> str:
    """Return `<split>/` where the images of `<kind>_<split>.json` lie in a folder of that name, else nothing."""
    _, mark, split = path.rpartition("/")[2].removesuffix(".json").rpartition("_")
    if export.images_beside or not mark or not split:
        return ""
    names = [record["file_name"] for record in records if isinstance(record, dict) and isinstance(record.get("file_name"), str)]
    with suppress(HostilePathError):
        if any(export.images.entry(safe_path(name)) is not None for name in names):
            return ""
        return f"{split}/" if any(export.images.entry(safe_path(f"{split}/{name}")) is not None for name in names) else ""
    return ""


def _lvis_names(record: dict[str, Any]) -> list[str]:
    """LVIS names the file by the end of its URL alone, below a folder per split or without it; the URL is never followed."""
    address = record.get("coco_url")
    parts = address.split("/") if isinstance(address, str) else []
    return ["/".join(parts[-2:]), parts[-1]] if parts else []


def _document_units(export: Export, path: str, most: int | None, weight: int) -> Iterator[Unit]:
    data, where = map_document(export, path), export.annotations.uri(path)
    if begins_with(data, b"["):
        raise InputError(
            f"{where} is a list and no COCO data set; if it holds results (image_id, category_id, score), set format: coco-results "
            "and name the data set's own file as `classes`"
        )
    top = member_spans(data, where)
    if "images" not in top or "annotations" not in top:
        raise InputError(f"{where} is no COCO file: expected the keys images and annotations, got {sorted(top)[:10]}")
    categories = categories_of(data, top.get("categories"), where)
    licences = licences_of(data, top.get("licenses"), where)
    listed, ids = images_of(export, path, data, element_spans(data, top["images"], f"{where}, images"), licences)
    annotations = element_spans(data, top["annotations"], f"{where}, annotations")
    for number, (slots, group) in enumerate(group_by_image(ids, annotations, most)):
        names = image_names(number for number in ids[slots.start : slots.stop] if number is not None)
        payload = CocoUnit(path, categories, tuple(listed[slots.start : slots.stop]), names, group)
        yield Unit(f"{path}/{number:05d}", payload, weight=weight * len(group.positions) + len(slots))


def coco_unit(unit: Unit) -> CocoUnit:
    """Return what a unit of a COCO document holds."""
    if not isinstance(unit.payload, CocoUnit):
        raise ValueError(f"expected a unit of a COCO document, got {type(unit.payload).__name__}")
    return unit.payload


def _id_of(record: Any, position: int) -> object:
    found = record.get("id") if isinstance(record, dict) else None
    return found if isinstance(found, int | str) else f"at {position}"
