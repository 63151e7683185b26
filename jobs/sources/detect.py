"""Detection: tells the format of an export and drafts the stanza that reads it, saying what gave the format away."""

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from jobs.sources.detection.image_folders import images_folder, lies_beside, paired_folders
from jobs.sources.detection.signatures import document_signature
from jobs.sources.files.archives import is_archive, unpack
from jobs.sources.files.exports import INSIDE, LARGEST_DOCUMENT
from jobs.sources.files.folders import Entry, Folder
from jobs.sources.files.json_documents import list_at, nonempty_text, parse_json
from lake.errors import InputError
from lake.storage.store import Store

_DOCUMENTS = (".json", ".ndjson", ".jsonl", ".xml")
_CLASS_FILES = ("data.yaml", "dataset.yaml", "data.yml", "classes.txt")
_LOOKED_AT = 40
"""Documents of a folder that are opened: the format of an export shows in any of them."""
_WHOLE_FOLDER = ("labelme", "supervisely", "darwin", "datumaro", "cvat")


@dataclass(frozen=True, slots=True)
class Detection:
    """What an export is: its format, the stanza that reads it, and what gave it away."""

    format: str
    stanza: dict[str, str]
    evidence: str

    def as_yaml(self) -> str:
        """Return the stanza as one item of a pipeline's `sources`."""
        return yaml.safe_dump([self.stanza], sort_keys=False, allow_unicode=True, width=10_000)


def detect(path: str | Path) -> Detection:
    """Say which format an export has.

    Args:
        path: A file, a folder or an archive on this machine, or a folder or file on S3.

    Raises:
        InputError: There is nothing, or nothing that a reader knows, or documents of several formats.
    """
    location = str(path) if "://" in str(path) else str(Path(path).absolute())
    if is_archive(location):
        with tempfile.TemporaryDirectory() as folder:
            parent, _, name = location.rpartition("/")
            unpacked = unpack(Folder(parent or "/").mapped(name), location, Store(folder))
            found = _detect_folder(Folder(unpacked), location)
        return _inside(found, unpacked, location)
    parent, _, name = location.rstrip("/").rpartition("/")
    if Folder(parent or "/").entry(name) is not None:
        return _detect_document(Folder(parent or "/"), name)
    if not Folder(location).exists():
        raise InputError(f"nothing at {location}; expected a file, a folder or an archive of an export")
    return _detect_folder(Folder(location), location)


def _detect_document(folder: Folder, name: str) -> Detection:
    signature = document_signature(folder, name)
    if signature is None:
        raise InputError(f"{folder.uri(name)} is in no format that a reader knows; {_KNOWN}")
    images = images_folder(folder, [name], name, signature)
    above, _, own = folder.root.rstrip("/").rpartition("/")
    if images is None and signature.image and above.rpartition("/")[2] and not lies_beside(folder, name, signature.image):
        images = images_folder(Folder(above), [f"{own}/{name}"], f"{own}/{name}", signature)
    return _detection(signature.format, folder.uri(name), images, f"{name}: {signature.evidence}", folder.root)


def _detect_folder(folder: Folder, location: str) -> Detection:
    entries = folder.entries()
    for guess in (_yolo, _label_maps):
        if (found := guess(folder, entries)) is not None:
            return found
    documents = [entry.path for entry in entries if entry.path.lower().endswith(_DOCUMENTS)]
    signed = [(path, signature) for path in _spread(documents) if (signature := document_signature(folder, path))]
    formats = Counter(signature.format for _, signature in signed)
    if not formats:
        _refuse_nameless_maps(location, entries)
        raise InputError(f"{location} holds no document that a reader knows ({len(documents):,} looked at); {_KNOWN}")
    if len(formats) > 1:
        listed = ", ".join(f"{path} ({signature.format})" for path, signature in signed[:8])
        raise InputError(f"{location} holds documents of several formats: {listed}; name one of them")
    (kind,) = formats
    paths = [path for path, _ in signed]
    telling = next((pair for pair in signed if pair[1].image), signed[0])
    images = images_folder(folder, paths, *telling)
    annotations = folder.uri(paths[0]) if len(documents) == 1 and kind not in _WHOLE_FOLDER[:3] else _common(folder, paths, kind)
    return _detection(kind, annotations, images, f"{paths[0]}: {signed[0][1].evidence}", folder.root)


def _yolo(folder: Folder, entries: Sequence[Entry]) -> Detection | None:
    paths = {entry.path for entry in entries}
    lists = [name for name in _CLASS_FILES if name in paths]
    labels = [path for path in sorted(paths) if path.endswith(".txt") and "labels/" in path]
    if not lists or not labels:
        return None
    evidence = f"{lists[0]} beside {len(labels):,} files of labels such as {labels[0]}"
    return _detection("yolo-seg", folder.root, folder.root, evidence, folder.root, classes=folder.uri(lists[0]))


def _label_maps(folder: Folder, entries: Sequence[Entry]) -> Detection | None:
    """Find a class list beside two folders whose images share their stems."""
    lists = [entry.path for entry in entries if entry.path.endswith(".json") and entry.size < 1 << 20]
    for path in lists[:_LOOKED_AT]:
        try:
            document = parse_json(folder.read(path, LARGEST_DOCUMENT), path)
        except InputError:
            continue
        first = next(iter(list_at(document, "classes")), None)
        if not isinstance(first, dict) or not {"id", "name", "kind"} <= first.keys():
            continue
        if pairs := paired_folders(entries):
            labels, images, shared = pairs[0]
            evidence = f"{path} lists classes, and {labels}/ and {images}/ share {shared:,} stems"
            stanza_paths = folder.uri(labels), folder.uri(images), evidence, folder.root
            return _detection("label-png", *stanza_paths, classes=folder.uri(path), scene="full")
    return None


def _refuse_nameless_maps(location: str, entries: Sequence[Entry]) -> None:
    """Say what is missing of label maps without a class list, whose ids nobody can name.

    Raises:
        InputError: There are such maps.
    """
    if pairs := paired_folders(entries):
        labels, images, shared = pairs[0]
        raise InputError(
            f"{location}: {labels}/ and {images}/ share {shared:,} stems, so these look like label maps, but no class list says what "
            'their ids mean; write classes.json as {"classes": [{"id": 1, "name": "…", "kind": "thing"}, …]} beside them '
            "(docs/formats/label-png.md) and detect again"
        )


def _common(folder: Folder, paths: Sequence[str], kind: str) -> str:
    if kind == "supervisely":
        return folder.root
    parents = [path.split("/")[:-1] for path in paths]
    shared = []
    for parts in zip(*parents, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return folder.uri("/".join(shared)) if shared else folder.root


def _spread(paths: Sequence[str]) -> Iterator[str]:
    step = max(1, len(paths) // _LOOKED_AT)
    yield from paths[::step]


def _detection(
    kind: str, annotations: str, images: str | None, evidence: str, root: str, *, classes: str | None = None, scene: str | None = None
) -> Detection:
    name = _source_name(Path(root).name)
    stanza: dict[str, Any] = {
        "name": name,
        "customer": name,
        "domain": "general",
        "format": kind,
        "scene": scene or ("full" if kind == "coco-panoptic" else "partial"),
        "annotations": annotations,
        "images": nonempty_text(images),
        "classes": classes,
    }
    return Detection(kind, {key: value for key, value in stanza.items() if value is not None}, evidence)


def _source_name(name: str) -> str:
    """Return a name that a stanza may have, as near as can be to that of a file or folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:64] or "source"


def _inside(found: Detection, unpacked: str, archive: str) -> Detection:
    """Name what lies in an archive by the archive's own path."""
    name = _source_name(Path(archive).name.partition(".")[0])
    stanza = {**found.stanza, "name": name, "customer": name}
    for key in ("annotations", "images", "classes"):
        if key in stanza:
            inside = stanza[key].removeprefix(unpacked).strip("/")
            stanza[key] = f"{archive}{INSIDE}{inside}" if inside else archive
    return Detection(found.format, stanza, found.evidence)


_KNOWN = (
    "readers know COCO (instances, panoptic), label maps with a class list, Scale, Label Studio, LabelMe, CVAT, Labelbox, "
    "Darwin, Supervisely, Datumaro and YOLO segmentation"
)
