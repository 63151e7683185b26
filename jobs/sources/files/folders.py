"""Folders of an export, local or on S3: their files are listed, read and mapped within limits, and nothing beyond them is."""

import functools
import mmap
import os
import stat
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jobs.sources.files.paths import HostilePathError, safe_path
from lake.errors import InputError
from lake.storage.object_storage import find_object, holds_object
from lake.storage.store import Store, open_store

MappedBytes = NDArray[np.uint8]
"""(N,) uint8, the bytes of a file, mapped into memory."""

MOST_FILES = 10_000_000
"""Files that one folder of an export may hold."""
LARGEST_IMAGE = 1 << 30
"""Bytes of one image or label map."""

_DOWNLOAD_AT_ONCE = 8 << 20
_S3 = "s3://"


class Entry(NamedTuple):
    """One file of a folder; `stamp` changes when the file is written again: times of change on a disk, the ETag on S3."""

    path: str
    size: int
    stamp: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of an export, a local path or `s3://bucket/prefix`; picklable, and it reads nothing beyond itself."""

    root: str

    def uri(self, path: str) -> str:
        """Return where a file of this folder lies, as the `images` table keeps it."""
        return f"{self.root.rstrip('/')}/{path}" if path else self.root

    def exists(self) -> bool:
        """Whether there is such a folder; on S3, whether any object lies below it."""
        if not self._is_remote:
            return Path(self.root).is_dir()
        return holds_object(f"{self._store.root}/")

    def entries(self, *suffixes: str) -> list[Entry]:
        """List the folder's files below any depth, sorted by path.

        Args:
            suffixes: Endings to keep, lower case with their dot; none keeps all.

        Raises:
            InputError: The folder is missing, or holds more than `MOST_FILES` files.
        """
        found = []
        for entry in _remote_entries(self._store) if self._is_remote else _walk(self.root):
            if suffixes and not entry.path.lower().endswith(suffixes):
                continue
            found.append(entry)
            if len(found) > MOST_FILES:
                raise InputError(f"{self.root} holds more than {MOST_FILES:,} files; divide the source")
        return sorted(found, key=lambda entry: entry.path)

    def entry(self, path: str) -> Entry | None:
        """Return one file's entry, or None when there is no such regular file inside the folder.

        A name with accents is also found under its other Unicode spellings, composed and decomposed: archives made on a
        Mac decompose the names that documents compose.

        Raises:
            HostilePathError: The path leads out of the folder.
        """
        forms: tuple[Literal["NFC", "NFD"], ...] = () if path.isascii() else ("NFC", "NFD")
        spellings = dict.fromkeys((path, *(unicodedata.normalize(form, path) for form in forms)))
        return next((found for spelling in spellings if (found := self._entry(spelling)) is not None), None)

    def _entry(self, path: str) -> Entry | None:
        if self._is_remote:
            name = safe_path(path)
            found = find_object(self.uri(name))
            return Entry(name, *found) if found else None
        try:
            status = os.stat(self._inside(path))  # noqa: PTH116 - a Path costs more than the call
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise HostilePathError(f"{path!r} below {self.root} cannot be looked up: {error.strerror}") from None
        return Entry(path, status.st_size, stamp_of(status)) if stat.S_ISREG(status.st_mode) else None

    def read(self, path: str, limit: int = LARGEST_IMAGE) -> bytes:
        """Read one file.

        Args:
            path: Below the folder.
            limit: Largest size in bytes.

        Raises:
            FileNotFoundError: There is no such regular file.
            HostilePathError: The path leads out of the folder.
            InputError: The file is larger than `limit` bytes, or cannot be read.
        """
        entry = self._checked(path, limit)
        try:
            return self._store.read_bytes(entry.path) if self._is_remote else _content(self._inside(entry.path))
        except OSError as error:
            raise InputError(f"cannot read {self.uri(path)}: {error.strerror or error}") from None

    def mapped(self, path: str) -> MappedBytes:
        """Map one file into memory; pages come from the disk as they are read, S3 objects from a nameless copy.

        Returns:
            (N,) uint8.

        Raises:
            InputError: The file is gone, empty or cannot be read.
        """
        try:
            entry = self._checked(path, limit=1 << 50)
            if self._is_remote:
                return _downloaded(self, entry)
            with Path(self._inside(entry.path)).open("rb") as file:
                return _map(file)
        except ValueError:
            raise InputError(f"{self.uri(path)} is empty") from None
        except OSError as error:
            raise InputError(f"cannot read {self.uri(path)}: {error.strerror or error}") from None

    @property
    def _is_remote(self) -> bool:
        return self.root.startswith(_S3)

    @property
    def _store(self) -> Store:
        return open_store(self.root)

    def _checked(self, path: str, limit: int) -> Entry:
        entry = self.entry(path)
        if entry is None:
            raise FileNotFoundError(f"no file {path!r} below {self.root}")
        if entry.size > limit:
            raise InputError(f"{self.uri(path)} has {entry.size:,} bytes; at most {limit:,} are read")
        return entry

    def _inside(self, path: str) -> str:
        """Return where a file really lies; texts, not `Path`s, because this is most of what reading a small image costs."""
        parent, _, name = safe_path(path).rpartition("/")
        location = f"{self._real_folder(parent)}/{name}"
        return self._resolved(path, location) if os.path.islink(location) else location  # noqa: PTH114 - a Path costs more than the call

    def _real_folder(self, path: str) -> str:
        """Return where a folder below this one, or with "" this one, really lies."""
        root = os.path.realpath(self.root).rstrip("/")
        return self._resolved(path, f"{root}/{path}") if path else root

    def _resolved(self, path: str, location: str) -> str:
        root = os.path.realpath(self.root).rstrip("/")
        inside = os.path.realpath(location)
        if not inside.startswith(f"{root}/"):
            raise HostilePathError(f"{path!r} leads out of {self.root} through a link; put the file inside the folder")
        return inside


@dataclass(frozen=True, slots=True)
class WatchedFolder(Folder):
    """A folder that keeps what was looked up in it: the entry of each path, None where there was no file.

    Where its folders really lie is looked up once: use one for a task, not for longer.
    """

    seen: dict[str, Entry | None] = field(default_factory=dict, compare=False)
    _real_folders: dict[str, str] = field(default_factory=dict, init=False, compare=False)

    def entry(self, path: str) -> Entry | None:
        """Return one file's entry; see `Folder.entry`."""
        self.seen[path] = None
        self.seen[path] = found = Folder.entry(self, path)
        return found

    def _real_folder(self, path: str) -> str:
        if path not in self._real_folders:
            self._real_folders[path] = Folder._real_folder(self, path)
        return self._real_folders[path]


@dataclass(frozen=True, slots=True)
class ListedFolder(Folder):
    """A folder that was listed once: its files are looked up in the list, not one by one."""

    known: dict[str, Entry] = field(default_factory=dict, compare=False)

    def _entry(self, path: str) -> Entry | None:
        return self.known.get(safe_path(path))


def listed(folder: Folder) -> ListedFolder:
    """List a folder for many look-ups.

    Raises:
        InputError: See `Folder.entries`.
    """
    return ListedFolder(folder.root, {entry.path: entry for entry in folder.entries()})


def _walk(root: str) -> Iterator[Entry]:
    if not Path(root).is_dir():
        raise InputError(f"expected a folder at {root}, found {'a file' if Path(root).exists() else 'nothing'}")
    for path, item in scanned_items(root):
        if item.is_file():
            found = item.stat()
            yield Entry(path, found.st_size, stamp_of(found))


def scanned_items(root: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield what lies below a local folder and is no folder itself, with its path from there; links are not followed."""
    pending = [""]
    while pending:
        below = pending.pop()
        with os.scandir(Path(root, below)) as scanned:
            for item in scanned:
                path = f"{below}/{item.name}" if below else item.name
                if item.is_dir(follow_symlinks=False):
                    pending.append(path)
                else:
                    yield path, item


def stamp_of(found: os.stat_result) -> str:
    """Return the times of change of a file on a disk."""
    # The second is set by no tool, so that a file copied over with its old times is seen.
    return f"{found.st_mtime_ns}/{found.st_ctime_ns}"


def _remote_entries(store: Store) -> Iterator[Entry]:
    for entry in store.entries():
        yield Entry(entry.path, entry.size, entry.etag or entry.modified.isoformat())


def _content(location: str) -> bytes:
    with open(location, "rb", buffering=0) as file:  # noqa: PTH123 - a Path costs more than the call
        return file.readall()


def _map(file: IO[bytes]) -> MappedBytes:
    return np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)


@functools.lru_cache(maxsize=4)
def _downloaded(folder: Folder, entry: Entry) -> MappedBytes:
    """Copy an object into a file that has no name, so that nothing is left behind, and map it."""
    with tempfile.TemporaryFile() as copy, open_store(folder.root).open_input(entry.path) as source:
        while chunk := source.read(_DOWNLOAD_AT_ONCE):
            copy.write(chunk)
        copy.flush()
        return _map(copy)
