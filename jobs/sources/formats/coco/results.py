"""Reads COCO results, what a model found on a data set: a list of masks with scores, and the data set's own file for images and names.

Source: cocodataset.org/#format-results; docs/formats/coco-results.md says what each becomes.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import orjson

from jobs.sources.files.documents import expected_object, map_document, parse_spans
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import MappedBytes
from jobs.sources.files.json_documents import whole_number
from jobs.sources.files.json_spans import element_spans, member_spans
from jobs.sources.files.task_lists import begins_with, text_start
from jobs.sources.formats.coco.categories import categories_of, label_of
from jobs.sources.formats.coco.grouping import group_by_image
from jobs.sources.formats.coco.licences import licences_of
from jobs.sources.formats.coco.objects import coco_geometry
from jobs.sources.formats.coco.reader import CocoUnit, image_names, images_of
from jobs.sources.reader import Reader
from jobs.sources.records import ImageSize, LabelledObject, ListedImage, Polygons, Rejected, RunLengths, Unit, part_ref, record_ref
from lake.errors import InputError
from lake.reasons import Reason

_Dataset = tuple[str, MappedBytes, dict[str, tuple[int, int]]]
"""A data set's file: the path that its images are named from, its bytes, and where its members stand."""


@dataclass(frozen=True, slots=True)
class ResultsUnit(CocoUnit):
    """Some images of the data set, with the spans of the results on them in one document."""

    dataset: str  # path of the data set's file beside the results; empty where it is the source's class list

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as columns; see `CocoUnit`."""
        return _unpacked, (CocoUnit(self.document, self.categories, self.images, self.names, self.group), self.dataset)


def units(export: Export) -> Iterator[Unit | Rejected]:
    """Divide each list of results into groups of images with what was found on them.

    Raises:
        InputError: There is no file of the data set, or several, or the only document is no list.
    """
    path, data, top = _dataset(export)
    where = export.annotations.uri(path) if path else "the data set's file"
    licences, categories = licences_of(data, top.get("licenses"), where), categories_of(data, top.get("categories"), where)
    elements = element_spans(data, top["images"], f"{where}, images")

    @lru_cache(maxsize=1)
    def listing(named_from: str) -> tuple[list[ListedImage | Rejected], list[int | None]]:
        listed, ids = images_of(export, named_from, data, elements, licences)
        return [image._replace(shared=True) if isinstance(image, ListedImage) else image for image in listed], ids

    for document in [entry.path for entry in export.documents(".json") if entry.path != path or export.file is not None]:
        shared, ids = listing(path or document)
        try:
            results = _results(export, document)
            for number, (slots, group) in enumerate(
                group_by_image(ids, element_spans(results, (text_start(results), results.size), document))
            ):
                own = tuple(shared[slots.start : slots.stop])
                names = image_names(one for one in ids[slots.start : slots.stop] if one is not None)
                payload = ResultsUnit(document, categories, own, names, group, path)
                yield Unit(f"{document}/{number:05d}", payload, len(group.positions) + len(slots))
        except InputError as error:
            if export.file is not None:
                raise
            yield Rejected(record_ref(document, "document"), Reason.MALFORMED_RECORD, str(error))


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the data set's images of the unit, also those on which nothing was found."""
    payload = _payload(unit)
    for path in filter(None, (payload.document, payload.dataset)):  # looked up, since what becomes of the unit hangs on them
        export.annotations.entry(path)
    yield from payload.images


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Parse the unit's results and yield one outcome for each."""
    payload = _payload(unit)
    records = parse_spans(map_document(export, payload.document), payload.group.starts, payload.group.ends)
    for position, record in zip(payload.group.positions.tolist(), records, strict=True):
        yield _found_object(record, part_ref(payload.document, position), payload, export.min_score)


def files(export: Export, unit: Unit) -> Iterator[bytes]:
    """Yield what the unit takes from the data set's file beside the names of its images."""
    payload = _payload(unit)
    licences = [image.licence for image in payload.images if isinstance(image, ListedImage)]
    yield orjson.dumps([sorted(payload.categories.items()), licences])


READER = Reader(units, images, objects, documents=(".json",), files=files)


def _unpacked(unit: CocoUnit, dataset: str) -> ResultsUnit:
    return ResultsUnit(unit.document, unit.categories, unit.images, unit.names, unit.group, dataset)


def _payload(unit: Unit) -> ResultsUnit:
    if not isinstance(unit.payload, ResultsUnit):
        raise ValueError(f"expected a unit of COCO results, got {type(unit.payload).__name__}")
    return unit.payload


def _found_object(record: Any, ref: str, payload: CocoUnit, min_score: float) -> LabelledObject | Rejected:
    if not isinstance(record, dict):
        return Rejected(ref, Reason.MALFORMED_RECORD, expected_object(record, "a result"))
    image, score = whole_number(record.get("image_id")), record.get("score")
    if image is None or isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
        return Rejected(ref, Reason.MALFORMED_RECORD, "expected a whole number as image_id and a number as score")
    if image not in payload.names:
        return Rejected(ref, Reason.UNLISTED_IMAGE, f"image_id {image} is not in the data set's list of images")
    if score < min_score:
        return Rejected(ref, Reason.LOW_SCORE, f"a score of {score:g} below {min_score:g}")
    label = label_of(payload.categories, record.get("category_id"))
    if not isinstance(label, str):
        return Rejected(ref, *label)
    geometry = coco_geometry(record)
    if not isinstance(geometry, Polygons | RunLengths):
        return Rejected(ref, *geometry)
    return LabelledObject(ref, payload.names[image], label, geometry)


def _results(export: Export, document: str) -> MappedBytes:
    data = map_document(export, document)
    if not begins_with(data, b"["):
        raise InputError(f"{export.annotations.uri(document)} is no list of COCO results; a data set with annotations has format: coco")
    return data


def _dataset(export: Export) -> _Dataset:
    """Return the data set's file: the source's `classes`, or the one beside the results that lists images and categories."""
    if export.classes is not None:
        data = np.frombuffer(export.classes, np.uint8)
        return "", data, _members(data, "the data set's file (`classes`)")
    found = [found for entry in export.annotations.entries(".json") if (found := _as_dataset(export, entry.path))]
    if len(found) != 1:
        listed = f": {', '.join(path for path, _, _ in found[:4])}" if found else ""
        raise InputError(
            f"COCO results need the data set's own file, with images and categories; {len(found)} beside them in "
            f"{export.annotations.root}{listed}: name it as the source's `classes`"
        )
    return found[0]


def _as_dataset(export: Export, path: str) -> _Dataset | None:
    data = map_document(export, path)
    if path == export.file or not begins_with(data, b"{"):
        return None
    try:
        return path, data, _members(data, path)
    except InputError:
        return None


def _members(data: MappedBytes, where: str) -> dict[str, tuple[int, int]]:
    top = member_spans(data, where)
    if "images" not in top or "categories" not in top:
        raise InputError(f"{where} is no COCO data set: expected the keys images and categories, got {sorted(top)[:10]}")
    return top
