"""Detection: tells the format of an export and drafts the stanzas that read it, saying what gave the format away."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from jobs.sources.detection.coco_folders import SignedDocument, coco_source, coco_sources, document_images, proposal, results_source
from jobs.sources.detection.image_folders import images_above, images_folder
from jobs.sources.detection.label_maps import label_map_sources, refuse_nameless_maps
from jobs.sources.detection.signatures import document_signature
from jobs.sources.detection.stanzas import Detection, Places, document_part, draft, with_distinct_names
from jobs.sources.detection.videos import video_source
from jobs.sources.detection.yolo import yolo_source
from jobs.sources.files.archives import is_archive, unpack
from jobs.sources.files.exports import INSIDE
from jobs.sources.files.folders import Folder
from jobs.sources.files.image_suffixes import IMAGE_SUFFIXES
from lake.errors import InputError
from lake.storage.store import Store

_DOCUMENTS = (".json", ".ndjson", ".jsonl", ".xml")
_LOOKED_AT = 40
"""Documents of a folder that are opened: the format of an export shows in any of them."""
_ONE_A_DOCUMENT = ("labelme", "supervisely", "darwin", "sa-v")


def detect(path: str | Path) -> list[Detection]:
    """Say which format an export has; the parts of a data set that have images of their own, such as splits, are sources of their own.

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
        return with_distinct_names(_inside(one, unpacked, location) for one in found)
    parent, _, name = location.rstrip("/").rpartition("/")
    if Folder(parent or "/").entry(name) is not None:
        return [_detect_document(Folder(parent or "/"), name)]
    if not Folder(location).exists():
        raise InputError(f"nothing at {location}; expected a file, a folder or an archive of an export")
    return with_distinct_names(_detect_folder(Folder(location), location))


def _detect_document(folder: Folder, name: str) -> Detection:
    signature = document_signature(folder, name)
    if signature is None:
        raise InputError(f"{folder.uri(name)} is in no format that a reader knows; {_KNOWN}")
    if signature.unread:
        told = f"; {proposal(folder, name, _readable(_signed(folder, _beside(folder))))}" if signature.format == "coco" else ""
        raise InputError(f"{folder.uri(name)} is {signature.unread.removeprefix('is ')}{told}")
    if signature.format == "sa-v":
        return video_source(folder, folder.uri(name), [(name, signature)])
    if signature.format == "coco-results":
        return results_source(folder, [name], _signed(folder, _beside(folder)))
    if signature.format == "coco":
        return coco_source(folder, name, signature, document_images(folder, name, signature))
    images = images_folder(folder, [name], name, signature) or images_above(folder, name, signature)
    evidence = f"{name}: {signature.evidence}"
    return draft(signature.format, Places(folder.uri(name), images), evidence, folder.root, part=document_part(name))


def _detect_folder(folder: Folder, location: str) -> list[Detection]:
    entries = folder.entries()
    if (found := yolo_source(folder, entries)) is not None:
        return [found]
    if maps := label_map_sources(folder, entries):
        return maps
    documents = [entry.path for entry in entries if entry.path.lower().endswith(_DOCUMENTS)]
    all_signed = _signed(folder, _spread(documents))
    signed = _readable(all_signed)
    formats = Counter(signature.format for _, signature in signed)
    if not formats:
        refuse_nameless_maps(folder, location, entries)
        _refuse_unread(folder, location, all_signed)
        if entries and all(entry.path.lower().endswith(IMAGE_SUFFIXES) for entry in entries):
            raise InputError(f"{location} holds images alone; name the folder that holds their annotations as well")
        raise InputError(f"{location} holds no document that a reader knows ({len(documents):,} looked at); {_KNOWN}")
    if len(formats) > 1:
        listed = ", ".join(f"{path} ({signature.format})" for path, signature in signed[:8])
        raise InputError(f"{location} holds documents of several formats: {listed}; name one of them")
    (kind,) = formats
    if kind == "coco-results":
        return [results_source(folder, [path for path, _ in signed], all_signed)]
    left_out = [(path, signature) for path, signature in all_signed if signature.unread]
    if kind == "coco" and (apart := coco_sources(folder, signed, left_out)):
        return apart
    paths = [path for path, _ in signed]
    telling = next((pair for pair in signed if pair[1].image), signed[0])
    images = images_folder(folder, paths, *telling) or images_above(folder, *telling)
    annotations = folder.uri(paths[0]) if len(documents) == 1 and kind not in _ONE_A_DOCUMENT else _common(folder, paths, kind)
    if kind == "sa-v":
        return [video_source(folder, annotations, signed)]
    return [draft(kind, Places(annotations, images), f"{paths[0]}: {signed[0][1].evidence}", folder.root)]


def _refuse_unread(folder: Folder, location: str, signed: Sequence[SignedDocument]) -> None:
    """Say what documents hold that no reader takes.

    Raises:
        InputError: There are such.
    """
    if signed:
        path, signature = signed[0]
        told = f"; {proposal(folder, path, [])}" if signature.format == "coco" else ""
        raise InputError(f"{location} holds no instances: {path} is {str(signature.unread).removeprefix('is ')}{told}")


def _beside(folder: Folder) -> list[str]:
    return [entry.path for entry in folder.entries(".json") if "/" not in entry.path]


def _signed(folder: Folder, paths: Sequence[str] | Iterator[str]) -> list[SignedDocument]:
    return [(path, signature) for path in paths if (signature := document_signature(folder, path))]


def _readable(signed: Sequence[SignedDocument]) -> list[SignedDocument]:
    return [(path, signature) for path, signature in signed if not signature.unread]


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


def _inside(found: Detection, unpacked: str, archive: str) -> Detection:
    """Name what lies in an archive by the archive's own path."""
    named = found.called(Path(archive).name.partition(".")[0])
    stanza = dict(named.stanza)
    for key in ("annotations", "images", "classes"):
        if key in stanza:
            inside = stanza[key].removeprefix(unpacked).strip("/")
            stanza[key] = f"{archive}{INSIDE}{inside}" if inside else archive
    return replace(named, stanza=stanza)


_KNOWN = (
    "readers know COCO (instances, panoptic, results), label maps with a class list, Scale, Label Studio, LabelMe, CVAT, Labelbox, "
    "Darwin, Supervisely, Datumaro, YOLO segmentation and SA-V"
)
