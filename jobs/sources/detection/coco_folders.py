"""COCO files in a folder: one source for all, or one a split where each has images of its own; captions and key points are left out."""

from collections.abc import Sequence

from jobs.sources.detection.image_folders import images_above, images_folder, lies_beside
from jobs.sources.detection.signatures import Signature
from jobs.sources.detection.stanzas import Detection, Places, document_part, draft
from jobs.sources.files.folders import Folder
from lake.errors import InputError

SignedDocument = tuple[str, Signature]
"""A document's path below its folder, and its signature."""


def coco_sources(folder: Folder, signed: Sequence[SignedDocument], left_out: Sequence[SignedDocument]) -> list[Detection] | None:
    """Return a source for each COCO document, or None where all are one source.

    Args:
        folder: That holds them.
        signed: Documents of instances.
        left_out: COCO documents of captions and the like beside them.
    """
    images = {path: document_images(folder, path, signature) for path, signature in signed}
    apart = len(signed) > 1 and None not in images.values() and len(set(images.values())) > 1
    if not apart and not left_out:
        return None
    beside = "".join(f"; left out {path}: {signature.unread}" for path, signature in left_out)
    return [coco_source(folder, path, signature, images[path], beside if path == signed[0][0] else "") for path, signature in signed]


def coco_source(folder: Folder, path: str, signature: Signature, images: str | None, remark: str = "") -> Detection:
    """Return the source of one document.

    Args:
        folder: That holds it.
        path: Of the document.
        signature: Of the document.
        images: Folder of its images, None where they lie beside it or nowhere.
        remark: What else to say.
    """
    missing = ""
    if images is None and signature.image and not lies_beside(folder, path, signature.image):
        missing = f"; no image called {signature.image} was found below {folder.root}: set `images`"
    evidence = f"{path}: {signature.evidence}{missing}{remark}"
    return draft(signature.format, Places(folder.uri(path), images), evidence, folder.root, part=document_part(path))


def results_source(folder: Folder, results: Sequence[str], documents: Sequence[SignedDocument]) -> Detection:
    """Return the source of COCO results, with the data set's own file where there is one beside them.

    Args:
        folder: That holds them.
        results: Documents of results.
        documents: All documents of the folder.

    Raises:
        InputError: There is no file of the data set beside them, or several.
    """
    datasets = [(path, signature) for path, signature in documents if signature.format == "coco"]
    if len(datasets) != 1:
        found = f"{len(datasets)} lie beside: {', '.join(path for path, _ in datasets[:4])}" if datasets else "none lies beside"
        raise InputError(
            f"{folder.uri(results[0])} is a list of COCO results, which needs the data set's own file with images and categories, and "
            f"{found}; set format: coco-results and name that file as `classes`"
        )
    path, signature = datasets[0]
    images = document_images(folder, path, signature)
    if images is None and signature.image and lies_beside(folder, path, signature.image):
        images = folder.uri(path.rpartition("/")[0])
    one = len(results) == 1
    places = Places(folder.uri(results[0]) if one else folder.root, images, folder.uri(path))
    evidence = f"{results[0]}: a list of COCO results, on the images of {path}"
    return draft("coco-results", places, evidence, folder.root, part=document_part(results[0]) if one else "")


def document_images(folder: Folder, path: str, signature: Signature) -> str | None:
    """Return the folder of one document's images, below its own or beside it; None where they lie beside the document, or nowhere."""
    found = images_folder(folder, [path], path, signature)
    return found or images_above(folder, path, signature)


def proposal(folder: Folder, path: str, others: Sequence[SignedDocument]) -> str:
    """Say which document holds the instances that one without any goes with.

    Args:
        folder: That holds them.
        path: Of the document without instances.
        others: Documents of instances.
    """
    split = path.rpartition("/")[2].removesuffix(".json").rpartition("_")[2]
    near = [other for other, _ in others if other.rpartition("/")[2].removesuffix(".json").endswith(f"_{split}")] or [
        other for other, _ in others
    ]
    if near:
        return f"its instances are in {folder.uri(near[0])}"
    return f"take the file of instances of the same data set, such as instances_{split}.json"
