"""Reads YOLO segmentation data sets (`labels/**/*.txt`, `images/**`): one record a line.

Source: docs.ultralytics.com/datasets/segment; docs/formats/yolo-seg.md says what becomes of each line.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import yaml

from jobs.sources.fields.points import scaled
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import Entry
from jobs.sources.files.image_suffixes import IMAGE_SUFFIXES
from jobs.sources.files.json_documents import finite_numbers, nonempty_text, whole_number
from jobs.sources.reader import Reader
from jobs.sources.records import ImageSize, LabelledObject, ListedImage, Polygons, Rejected, Unit, part_ref, record_ref
from lake.errors import InputError
from lake.reasons import Reason
from lake.strict_yaml import parse_yaml

_WEIGHT = 8  # objects that one file is expected to hold
_CLASS_FILES = ("data.yaml", "dataset.yaml", "data.yml", "classes.txt")
_LARGEST_CLASS_FILE = 1 << 20
_LARGEST_LABEL_FILE = 16 << 20


@dataclass(frozen=True, slots=True)
class YoloUnit:
    """One image with its file of labels; either may be absent."""

    image: str | None
    labels: str | None
    names: Mapping[int, str]


def units(export: Export) -> Iterator[Unit | Rejected]:
    """Pair files of labels with images by path and stem, whatever stands for `labels` and `images` in the path.

    Raises:
        InputError: The annotations are no folder, or there is no list of classes.
    """
    if export.file is not None:
        raise InputError("format yolo-seg needs the folder of labels, or of the whole data set, as `annotations`")
    names = class_names(export)
    image_paths = _by_key(export.images.entries(*IMAGE_SUFFIXES))
    labels = _by_key(entry for entry in export.documents(".txt") if entry.path.rpartition("/")[2] not in _CLASS_FILES)
    for key in sorted(image_paths.keys() | labels.keys()):
        for image, text_file in zip_longest(image_paths.get(key, ()), labels.get(key, ())):
            yield Unit(key, YoloUnit(image, text_file, names), _WEIGHT)


def images(export: Export, unit: Unit) -> Iterator[ListedImage | Rejected]:
    """Yield the unit's image."""
    image, labels = _payload(unit).image, _payload(unit).labels
    if image is not None:
        # A text that was emptied replaces what it held, as any later text does.
        yield ListedImage(part_ref(labels, "image") if labels else record_ref(None, f"image {image}"), image, image)


def objects(export: Export, unit: Unit, sizes: Mapping[str, ImageSize]) -> Iterator[LabelledObject | Rejected]:
    """Yield one outcome for each line."""
    payload = _payload(unit)
    if payload.labels is None:
        return
    if payload.image is None:
        yield Rejected(
            part_ref(payload.labels, "file"), Reason.MISSING_IMAGE, f"no image of the stem {unit.name!r} below {export.images.root}"
        )
        return
    try:
        content = export.annotations.read(payload.labels, _LARGEST_LABEL_FILE).decode("utf-8-sig")
    except (InputError, FileNotFoundError, UnicodeDecodeError) as error:
        yield Rejected(part_ref(payload.labels, "file"), Reason.MALFORMED_RECORD, str(error))
        return
    for index, line in enumerate(content.splitlines()):
        if line.strip():
            ref = part_ref(payload.labels, f"line {index + 1}")
            yield _object(line, ref, payload.image, payload.names, sizes.get(payload.image))


def files(export: Export, unit: Unit) -> Iterator[bytes]:
    """Yield the unit's file of labels."""
    labels = _payload(unit).labels
    if labels is not None:
        try:
            yield export.annotations.read(labels, _LARGEST_LABEL_FILE)
        except (InputError, FileNotFoundError) as error:
            yield str(error).encode()


READER = Reader(units, images, objects, documents=(), files=files)


def class_names(export: Export) -> dict[int, str]:
    """Return the names of the classes: of the source's `classes`, else of data.yaml or classes.txt beside the labels.

    Raises:
        InputError: There is no such file, it names no class, or it is of a data set of poses.
    """
    content = export.classes
    if content is None:
        found = [name for name in _CLASS_FILES if export.annotations.entry(name) is not None]
        if not found:
            raise InputError(f"yolo-seg needs class names: set `classes` to a data.yaml, or put one into {export.annotations.root}")
        content = export.annotations.read(found[0], _LARGEST_CLASS_FILE)
    names = _parse_names(content)
    if not names:
        raise InputError("the class list names no class; expected `names:` of a data.yaml, or one name a line")
    return names


def _parse_names(content: bytes) -> dict[int, str]:
    try:
        document = parse_yaml(content.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"the class list cannot be read as YAML: {error}") from None
    if isinstance(document, dict) and "kpt_shape" in document:
        raise InputError("the class list has a `kpt_shape`: a data set of poses, whose numbers are key points and no outlines")
    listed = document.get("names") if isinstance(document, dict) else None
    if isinstance(listed, dict):
        return {number: str(name) for number, name in listed.items() if whole_number(number) is not None and nonempty_text(name)}
    if listed is None and isinstance(document, str):
        listed = [line.strip() for line in content.decode("utf-8").splitlines()]
    return {number: name for number, name in enumerate(listed) if nonempty_text(name)} if isinstance(listed, list) else {}


def _object(line: str, ref: str, image: str, names: Mapping[int, str], size: ImageSize | None) -> LabelledObject | Rejected:
    values = _floats(line.split())
    if values is None or not values or values[0] != int(values[0]):
        return Rejected(ref, Reason.MALFORMED_RECORD, "expected a class number and finite coordinates")
    label = names.get(int(values[0]))
    if label is None:
        return Rejected(ref, Reason.UNKNOWN_CATEGORY, f"class {int(values[0])} has no name")
    ring = values[1:]
    if len(ring) == 4:
        return Rejected(ref, Reason.BOX_ONLY, "a box: centre and size")
    if len(ring) < 6 or len(ring) % 2:
        return Rejected(ref, Reason.MALFORMED_GEOMETRY, f"expected x and y in turn of at least 3 points, got {len(ring)} numbers")
    side = size or ImageSize(1, 1)
    return LabelledObject(ref, image, label, Polygons([scaled(ring, side.width, side.height)]))


def _floats(words: Sequence[str]) -> list[float] | None:
    try:
        return finite_numbers([float(word) for word in words])
    except ValueError:
        return None


def _by_key(entries: Iterable[Entry]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in entries:
        found.setdefault(_key(entry.path), []).append(entry.path)
    return found


def _key(path: str) -> str:
    """Return what an image's path and its labels' path have in common."""
    parts = [part for part in path.split("/")[:-1] if part not in ("images", "labels")]
    return "/".join([*parts, path.rpartition("/")[2].rpartition(".")[0]])


def _payload(unit: Unit) -> YoloUnit:
    if not isinstance(unit.payload, YoloUnit):
        raise ValueError(f"expected a unit of a YOLO data set, got {type(unit.payload).__name__}")
    return unit.payload
