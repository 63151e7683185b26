"""Videos of SA-V: the folder in which each has a folder of its frames."""

from collections.abc import Sequence

from jobs.sources.detection.coco_folders import SignedDocument
from jobs.sources.detection.stanzas import Detection, Places, document_part, draft
from jobs.sources.files.folders import Folder
from jobs.sources.files.image_suffixes import IMAGE_SUFFIXES

GROUP_BY = "(?P<group>[^/]+)/[^/]+$"
"""Keeps the frames of a video in one split: they lie in a folder of their own."""


def video_source(folder: Folder, annotations: str, signed: Sequence[SignedDocument]) -> Detection:
    """Return the source of documents of SA-V.

    Args:
        folder: That holds them.
        annotations: Address of the document or of the folder of all.
        signed: The documents.
    """
    path, signature = signed[0]
    images = _folder_of_videos(folder, [document for document, _ in signed], str(signature.image))
    if images is None:
        above, _, own = folder.root.rstrip("/").rpartition("/")
        images = _folder_of_videos(Folder(above), [f"{own}/{path}"], str(signature.image)) if above.rpartition("/")[2] else None
    missing = f"; no folder {signature.image} of frames was found" if images is None else ""
    one = annotations == folder.uri(path)
    places = Places(annotations, images or None)
    found = draft(signature.format, places, f"{path}: {signature.evidence}{missing}", folder.root, part=document_part(path) if one else "")
    found.stanza["group_by"] = GROUP_BY
    return found


def _folder_of_videos(folder: Folder, documents: Sequence[str], video: str) -> str | None:
    """Return the folder that holds a video's folder: nothing where that is the folder of all documents, None where there is none."""
    for entry in folder.entries(*IMAGE_SUFFIXES):
        parent = entry.path.rpartition("/")[0]
        if f"/{parent}".endswith(f"/{video}"):
            root = parent[: len(parent) - len(video)].rstrip("/")
            return "" if {document.rpartition("/")[0] for document in documents} == {root} else folder.uri(root)
    return None
