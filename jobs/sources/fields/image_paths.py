"""Finds an image under one of the several paths at which a tool may have put it."""

from collections.abc import Iterable

from jobs.sources.files.exports import Export
from jobs.sources.files.paths import HostilePathError


def first_present(export: Export, document: str, names: Iterable[object]) -> str:
    """Return the first of some names under which there is a file, or the first name when there is none.

    Args:
        export: The export.
        document: The annotation file that names the image.
        names: Below the folder of images, or beside the document where the source names no such folder.

    Raises:
        HostilePathError: No name is a path below the folder.
    """
    found: list[str] = []
    refused: HostilePathError | None = None
    for name in names:
        try:
            path = export.image_path(document, name)
            if export.images.entry(path) is not None:
                return path
            found.append(path)
        except HostilePathError as error:
            refused = refused or error
    if found:
        return found[0]
    raise refused or HostilePathError("expected a file name, got none")
