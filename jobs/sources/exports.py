"""Where an export lies, in; its files, listed and read within limits, out: nothing outside its folders is touched."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.sources.paths import HostilePathError, safe_path
from lake.errors import InputError

MOST_FILES = 10_000_000
"""Files that one folder of an export may hold."""
LARGEST_DOCUMENT = 64 << 20
"""Bytes of an annotation file that is parsed whole."""
LARGEST_IMAGE = 1 << 30
"""Bytes of one image or label map."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a folder; `stamp` changes when the file is written anew (mtime in ns, or an ETag)."""

    path: str
    size: int
    stamp: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of an export on the local disk; it can be pickled, and reads nothing beyond itself."""

    root: str

    def uri(self, path: str) -> str:
        """Return where a file of this folder lies, as the `images` table keeps it."""
        return str(Path(self.root) / path)

    def entries(self, *suffixes: str) -> list[Entry]:
        """List the folder's files below any depth, sorted by path.

        Args:
            suffixes: Endings to keep, lower case with their dot; none keeps all.

        Raises:
            InputError: The folder is missing, or holds more than `MOST_FILES` files.
        """
        found = []
        for entry in _walk(self.root):
            if suffixes and not entry.path.lower().endswith(suffixes):
                continue
            found.append(entry)
            if len(found) > MOST_FILES:
                raise InputError(f"{self.root} holds more than {MOST_FILES:,} files; divide the source")
        return sorted(found, key=lambda entry: entry.path)

    def entry(self, path: str) -> Entry | None:
        """Return one file's entry, or None when there is no such regular file inside the folder.

        Raises:
            HostilePathError: The path leads out of the folder.
        """
        try:
            found = self._inside(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise HostilePathError(f"{path!r} below {self.root} cannot be looked up: {error.strerror}") from None
        return Entry(path, found.st_size, str(found.st_mtime_ns)) if stat.S_ISREG(found.st_mode) else None

    def read(self, path: str, limit: int = LARGEST_IMAGE) -> bytes:
        """Read one file.

        Raises:
            FileNotFoundError: There is no such regular file.
            HostilePathError: The path leads out of the folder.
            InputError: The file is larger than `limit` bytes, or cannot be read.
        """
        entry = self.entry(path)
        if entry is None:
            raise FileNotFoundError(f"no file {path!r} below {self.root}")
        if entry.size > limit:
            raise InputError(f"{self.uri(path)} has {entry.size:,} bytes; at most {limit:,} are read")
        try:
            return self._inside(path).read_bytes()
        except OSError as error:
            raise InputError(f"cannot read {self.uri(path)}: {error.strerror or error}") from None

    def local(self, path: str) -> Path:
        """Return a path on this machine under which the file can be mapped."""
        return self._inside(path)

    def _inside(self, path: str) -> Path:
        inside = Path(self.root, safe_path(path)).resolve()
        if not inside.is_relative_to(Path(self.root).resolve()):
            raise HostilePathError(f"{path!r} leads out of {self.root} through a link; put the file inside the folder")
        return inside


def _walk(root: str) -> Iterator[Entry]:
    if not Path(root).is_dir():
        raise InputError(f"expected a folder at {root}, found {'a file' if Path(root).exists() else 'nothing'}")
    pending = [""]
    while pending:
        below = pending.pop()
        with os.scandir(Path(root, below)) as scanned:
            for item in scanned:
                path = f"{below}/{item.name}" if below else item.name
                if item.is_dir(follow_symlinks=False):
                    pending.append(path)
                elif item.is_file():
                    found = item.stat()
                    yield Entry(path, found.st_size, str(found.st_mtime_ns))


@dataclass(frozen=True, slots=True)
class Export:
    """One export: the folder of its annotation files, the one file if it is one, its images and its classes.

    `classes` is the content of the source's class list, or None; `scene` is "full" where every pixel was labelled.
    """

    annotations: Folder
    file: str | None
    images: Folder
    images_beside: bool = False  # the source names no folder of images: each lies beside its document
    classes: bytes | None = None
    scene: str = "partial"

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
            raise InputError(f"no annotation file ({', '.join(suffixes) or 'any'}) at {self.annotations.uri(self.file or '')}")
        return found

    def document_name(self, path: str) -> str | None:
        """Return a document's name as references to its records give it; None for the only file of an export."""
        return None if self.file is not None else path

    def image_path(self, document: str, name: object) -> str:
        """Return where a picture lies below the folder of images: beside its document unless the source says where.

        Raises:
            HostilePathError: The name is no path below the folder.
        """
        folder = document.rpartition("/")[0] if self.images_beside else ""
        path = safe_path(name)
        return f"{folder}/{path}" if folder else path


def open_export(annotations: str, images: str | None = None, classes: str | None = None, *, scene: str = "partial") -> Export:
    """Open the export that a source's stanza names; images default to the folder of each annotation file.

    Raises:
        InputError: The annotations, the folder of images or the class list is missing.
    """
    place = Path(annotations)
    if not place.exists():
        raise InputError(f"no annotations at {annotations}; correct the source's `annotations`")
    folder, file = (place, None) if place.is_dir() else (place.parent, place.name)
    pictures = Path(images) if images else folder
    if not pictures.is_dir():
        raise InputError(f"no folder of images at {pictures}; correct the source's `images`")
    return Export(Folder(str(folder)), file, Folder(str(pictures)), images is None, _classes(classes), scene)


def _classes(path: str | None) -> bytes | None:
    if path is None:
        return None
    place = Path(path)
    return Folder(str(place.parent)).read(place.name, limit=LARGEST_DOCUMENT)
