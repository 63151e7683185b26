"""Where an export's images lie: the folder below which the names that its documents give lead to files."""

from collections.abc import Sequence

from jobs.sources.detection.signatures import Signature
from jobs.sources.files.folders import Folder
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
            subset = telling.rpartition("/")[2].removesuffix(".json") if signature.format == "datumaro" else None
            above, _, last = parents[0].rpartition("/")
            return folder.uri(above if last == subset else parents[0])
    return None


def lies_beside(folder: Folder, document: str, image: str) -> bool:
    """Say whether an image lies where the document's own folder and its name lead."""
    parent = document.rpartition("/")[0]
    return folder.entry(f"{parent}/{image}" if parent else image) is not None


def images_above(folder: Folder, document: str, signature: Signature) -> str | None:
    """Return the folder of a document's images where it lies beside the document's folder; None where it does not, or images lie beside it.

    Args:
        folder: That holds the document.
        document: Its path.
        signature: Names an image.
    """
    above, _, own = folder.root.rstrip("/").rpartition("/")
    if not signature.image or not above.rpartition("/")[2] or lies_beside(folder, document, signature.image):
        return None
    return images_folder(Folder(above), [f"{own}/{document}"], f"{own}/{document}", signature)
