"""Opens an export: its annotation files, its folder of images and its class list."""

from dataclasses import dataclass, replace

from jobs.sources.files.archives import is_archive, unpack
from jobs.sources.files.folders import Entry, Folder, WatchedFolder
from jobs.sources.files.paths import safe_path
from lake.errors import InputError
from lake.storage.store import Store

LARGEST_DOCUMENT = 64 << 20
"""Bytes of an annotation file that is parsed whole."""
INSIDE = "!"
"""Parts an archive from a path within it: `night.zip!annotations/instances.json`."""


@dataclass(frozen=True, slots=True)
class Export:
    """One export: the folder of its annotation files, the one file if it is one, its images and its classes.

    `classes` is the content of the source's class list, or None; `scene` is "full" where every pixel was labelled; results of a
    lower score than `min_score` are left out.
    """

    annotations: Folder
    file: str | None
    images: Folder
    images_beside: bool = False  # the source names no folder of images: each lies beside its document
    classes: bytes | None = None
    scene: str = "partial"
    min_score: float = 0.0

    def watched(self) -> tuple["Export", WatchedFolder, WatchedFolder]:
        """Return the same export, and its folders of annotations and images, which keep what is looked up in them."""
        annotations, images = WatchedFolder(self.annotations.root), WatchedFolder(self.images.root)
        return replace(self, annotations=annotations, images=images), annotations, images

    def documents(self, *suffixes: str) -> list[Entry]:
        """Return the annotation files: the one that the source names, or all below its folder.

        Raises:
            InputError: There is none.
        """
        if self.file is None:
            found = self.annotations.entries(*suffixes)
        else:
            entry = self.annotations.entry(self.file)
            found = [entry] if entry else []
        if not found:
            where = self.annotations.uri(self.file or "")
            raise InputError(f"no annotation file ({', '.join(suffixes) or 'any'}) at {where}")
        return found

    def document_name(self, path: str) -> str | None:
        """Return a document's name as references to its records give it; None for the only file of an export."""
        return None if self.file is not None else path

    def image_path(self, document: str, name: object) -> str:
        """Return where an image lies below the folder of images: beside its document unless the source says where.

        Raises:
            HostilePathError: The name is no path below the folder.
        """
        folder = document.rpartition("/")[0] if self.images_beside else ""
        path = safe_path(name)
        return f"{folder}/{path}" if folder else path


def open_export(
    annotations: str,
    images: str | None = None,
    classes: str | None = None,
    *,
    scene: str = "partial",
    min_score: float = 0.0,
    store: Store | None = None,
) -> Export:
    """Open the export that a source's stanza names; images default to the folder of each annotation file.

    Args:
        annotations: A file or folder, local or on S3; or one in an archive, as `ARCHIVE!path`, or `ARCHIVE` as a whole.
        images: A folder likewise.
        classes: A file likewise.
        scene: Of the stanza.
        min_score: Of the stanza.
        store: Where archives are unpacked.

    Raises:
        InputError: The annotations, the folder of images or the class list is missing, or an archive is hostile.
    """
    location = _location(annotations, store)
    folder, file = _folder_and_file(location, annotations)
    image_folder = Folder(_location(images, store)) if images else folder
    if images and not image_folder.exists():
        raise InputError(f"no folder of images at {images}; correct the source's `images`")
    return Export(folder, file, image_folder, images is None, _classes(classes, store), scene, min_score)


def _location(address: str, store: Store | None) -> str:
    """Return the local path or S3 URI of what a stanza names; an archive is unpacked first."""
    ends = [index for index, character in enumerate(address) if character == INSIDE] + [len(address)]
    end = next((index for index in ends if is_archive(address[:index])), None)
    if end is None:
        return address
    archive, inside = address[:end], address[end + 1 :]
    if store is None:
        raise ValueError(f"a store is needed to unpack {archive}")
    parent, _, name = archive.rpartition("/")
    unpacked = unpack(Folder(parent or "/").mapped(name), archive, store)
    return f"{unpacked}/{safe_path(inside)}" if inside else unpacked


def _folder_and_file(location: str, annotations: str) -> tuple[Folder, str | None]:
    parent, _, name = location.rstrip("/").rpartition("/")
    if name and Folder(parent or "/").entry(name) is not None:
        return Folder(parent or "/"), name
    if Folder(location).exists():
        return Folder(location), None
    raise InputError(f"no annotations at {annotations}; correct the source's `annotations`")


def _classes(path: str | None, store: Store | None) -> bytes | None:
    if path is None:
        return None
    parent, _, name = _location(path, store).rpartition("/")
    try:
        return Folder(parent or "/").read(name, limit=LARGEST_DOCUMENT)
    except FileNotFoundError:
        raise InputError(f"no class list at {path}; correct the source's `classes`") from None
