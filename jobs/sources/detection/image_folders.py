"""Where an export's images lie: the folder below which the names that its documents give lead to files."""

import re
from collections.abc import Sequence

from jobs.sources.detection.signatures import Signature
from jobs.sources.files.folders import Entry, Folder
from jobs.sources.files.image_suffixes import IMAGE_SUFFIXES


def images_folder(folder: Folder, documents: Sequence[str], telling: str, signature: Signature) -> str | None:
    """Return the folder below which the images' names lead to files; None where they lie beside their documents.

    Args:
        folder: That holds the export.
        documents: Its documents.
        telling: The document of `signature`.
        signature: Names an image.
    """
    if signature.image is None:
        return None
    beside = {document.rpartition("/")[0] for document in documents}
    image_paths = [entry.path for entry in folder.entries(*IMAGE_SUFFIXES)]
    for name in dict.fromkeys((signature.image, signature.image.rpartition("/")[2])):
        parents = [path[: len(path) - len(name)].rstrip("/") for path in image_paths if f"/{path}".endswith(f"/{name}")]
        if any(parent in beside for parent in parents):
            return None
        if parents:
            subset = _subset(telling, signature.format) if len(documents) > 1 or signature.format == "datumaro" else None
            above, _, last = parents[0].rpartition("/")
            return folder.uri(above if last == subset else parents[0])
    return None


def lies_beside(folder: Folder, document: str, image: str) -> bool:
    """Say whether an image lies where the document's own folder and its name lead."""
    parent = document.rpartition("/")[0]
    return folder.entry(f"{parent}/{image}" if parent else image) is not None


def paired_folders(entries: Sequence[Entry]) -> list[tuple[str, str, int]]:
    """Return pairs of folders whose images share stems, the first named like labels, with how many they share."""
    stems: dict[str, set[str]] = {}
    for entry in entries:
        if entry.path.lower().endswith(IMAGE_SUFFIXES):
            parent, _, name = entry.path.rpartition("/")
            stems.setdefault(parent, set()).add(name.rpartition(".")[0])
    named = [folder for folder in stems if re.search("label|mask|annot|segmentation", folder, re.IGNORECASE)]
    pairs = [(labels, images, len(stems[labels] & stems[images])) for labels in named for images in stems if images not in named]
    return [pair for pair in pairs if pair[2]]


def _subset(document: str, kind: str) -> str:
    """Return the subset that a document is named after: `train.json` of Datumaro, `instances_train.json` of COCO."""
    stem = document.rpartition("/")[2].removesuffix(".json")
    return stem if kind == "datumaro" else stem.rpartition("_")[2]
