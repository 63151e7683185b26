"""Stores: whole objects under relative POSIX paths, in a local folder or under `s3://bucket/prefix`."""

import errno
import functools
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
from pyarrow import fs

from lake.errors import ConfigurationError, InputError
from lake.storage.object_storage import aws_environment, create_object, delete_object, endpoint, list_objects, region
from lake.storage.object_writers import TEMPORARY_PREFIX, UPLOADS, unfinished_file, write_at_once, write_local, write_remote, write_soon

_OF_NOTHING = frozenset({errno.ENOENT, errno.ENAMETOOLONG, errno.ENOTDIR})
"""What deleting fails with where nothing lies, or can lie."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of a store."""

    path: str  # relative to the store's root
    size: int  # bytes
    modified: datetime  # UTC
    etag: str | None = None  # on S3: changes when the bytes do


@dataclass(frozen=True, slots=True)
class Store:
    """A place for objects; picklable, so that it travels to workers.

    `root` is an absolute local folder or `s3://bucket/prefix`, without a slash at the end.
    """

    root: str

    @property
    def is_local(self) -> bool:
        """Whether the store is a folder of this machine."""
        return not self.root.startswith("s3://")

    def filesystem(self) -> fs.FileSystem:
        """Return a pyarrow filesystem whose root is the store's, for paths as this class takes them."""
        inner = fs.LocalFileSystem() if self.is_local else s3_filesystem()
        return fs.SubTreeFileSystem(self.root.removeprefix("s3://"), inner)

    def uri(self, path: str = "") -> str:
        """Return the absolute location of a path: a local path or an `s3://` URI."""
        return f"{self.root}/{_checked(path)}" if path else self.root

    def relative(self, uri: str) -> str:
        """Return the path of an absolute location under this store.

        Raises:
            InputError: The location is not under the store's root.
        """
        plain = uri.removeprefix("file://")
        if not plain.startswith(f"{self.root}/"):
            raise InputError(f"expected a location under {self.root!r}, got {uri!r}")
        return plain[len(self.root) + 1 :]

    def exists(self, path: str) -> bool:
        """Whether an object stands under the path."""
        return bool(self.filesystem().get_file_info(_checked(path)).type == fs.FileType.File)

    def size(self, path: str) -> int:
        """Return the size of an object in bytes.

        Raises:
            InputError: No object stands under the path.
        """
        info = self.filesystem().get_file_info(_checked(path))
        if info.type != fs.FileType.File:
            raise InputError(f"no object {path!r} in store {self.root!r}")
        return int(info.size)

    def open_input(self, path: str) -> pa.NativeFile:
        """Open an object for random reads.

        Raises:
            InputError: No object stands under the path, or it cannot be read.
        """
        try:
            return self.filesystem().open_input_file(_checked(path))
        except FileNotFoundError:
            raise InputError(f"no object {path!r} in store {self.root!r}") from None

    def read_bytes(self, path: str) -> bytes:
        """Return the bytes of an object.

        Raises:
            InputError: No object stands under the path, or it cannot be read.
        """
        with self.open_input(path) as stream:
            return cast(bytes, stream.read())

    def write_bytes(self, path: str, data: bytes) -> None:
        """Write an object whole or not at all; one that stands there is replaced."""
        with self.open_output(path) as stream:
            stream.write(data)

    def create(self, path: str, data: bytes) -> bool:
        """Write an object unless one stands there already, atomically; return whether it was written.

        Args:
            path: Relative to the store's root.
            data: The whole object.
        """
        if not self.is_local:
            return create_object(self.uri(path), data)
        target = Path(self.root, _checked(path))
        with unfinished_file(target) as temporary:
            temporary.write_bytes(data)
            with suppress(FileExistsError):
                os.link(temporary, target)
                return True
        return False

    @contextmanager
    def open_output(self, path: str) -> Iterator[BinaryIO]:
        """Open an object for writing; it appears, whole, when the block ends without an error."""
        _checked(path)
        writing = write_local(Path(self.root, path)) if self.is_local else write_remote(self.filesystem(), path)
        with writing as stream:
            yield stream

    @contextmanager
    def open_many(self) -> Iterator[Callable[[str], AbstractContextManager[BinaryIO]]]:
        """Open objects of which none counts before all are there, at a small part of what `open_output` costs for each.

        On a local store such an object stands under its name from the beginning; on S3 it is sent while the next ones are
        written. Only when this block ends without an error are all of them there, and safe from a failure of power.

        Yields:
            What opens an object for writing, as `open_output` does.
        """
        if self.is_local:
            folders: set[Path] = set()
            yield lambda path: write_at_once(Path(self.root, _checked(path)), folders)
            os.sync()
            return
        with ThreadPoolExecutor(UPLOADS) as pool:
            sent: deque[Future[None]] = deque()
            yield lambda path: write_soon(self.filesystem(), pool, sent, _checked(path))
            for upload in sent:
                upload.result()

    def check_writable(self, path: str) -> None:
        """Check that objects can be written under a folder of a local store; on S3 the first write tells.

        Raises:
            ConfigurationError: The folder, or the one that it would be made in, cannot be written to.
        """
        if not self.is_local:
            return
        folder = Path(self.root, _checked(path))
        nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
            raise ConfigurationError(f"cannot write to {str(nearest)!r} of store {self.root!r}; check who may write there")

    def delete(self, path: str) -> None:
        """Delete an object; one that is not there is no error."""
        if not self.is_local:
            # pyarrow would leave an empty object in the place of the folder.
            delete_object(self.uri(_checked(path)))
            return
        try:
            self.filesystem().delete_file(_checked(path))
        except OSError as error:
            if error.errno not in _OF_NOTHING:
                raise

    def entries(self, prefix: str = "", *, unfinished: bool = False) -> list[StoredObject]:
        """Return the objects under a folder, however deep, by path: the finished ones, or only the unfinished.

        Args:
            prefix: A folder, relative to the store's root; empty for all of it.
            unfinished: Only what a local store has begun to write and not finished; S3 shows none of it.
        """
        if not self.is_local:
            folder = self.uri(_checked(prefix)) if prefix else self.root
            listed = [] if unfinished else list_objects(f"{folder}/")
            return [StoredObject(self.relative(uri), size, modified, etag) for uri, size, modified, etag in listed]
        found = self.filesystem().get_file_info(fs.FileSelector(prefix, recursive=True, allow_not_found=True))
        objects = [
            StoredObject(info.path.removeprefix("/"), info.size, info.mtime)
            for info in found
            if info.type == fs.FileType.File and info.base_name.startswith(TEMPORARY_PREFIX) == unfinished
        ]
        return sorted(objects, key=lambda entry: entry.path)

    def list(self, prefix: str = "") -> tuple[str, ...]:
        """Return the paths of the finished objects under a folder, however deep, sorted."""
        return tuple(entry.path for entry in self.entries(prefix))


def open_store(uri: str | Path) -> Store:
    """Open the store at a local folder or under `s3://bucket/prefix`; a missing folder is made on the first write.

    S3 credentials, region and profile come from the standard AWS chain, the endpoint from `AWS_ENDPOINT_URL`.

    Raises:
        ConfigurationError: The URI has another scheme, or names no bucket.
    """
    text = str(uri)
    if text.startswith("s3://"):
        location = text.removeprefix("s3://").rstrip("/")
        if not location or "" in location.split("/"):
            raise ConfigurationError(f"expected s3://bucket or s3://bucket/prefix, got {text!r}")
        return Store(f"s3://{location}")
    if "://" in text and not text.startswith("file://"):
        raise ConfigurationError(f"expected a local folder or s3://bucket/prefix as the store, got {text!r}")
    return Store(str(Path(text.removeprefix("file://")).resolve()))


def s3_filesystem() -> fs.FileSystem:
    """Return pyarrow's S3 by the standard AWS chain and the endpoint of the environment, for paths `bucket/key`."""
    return _s3_filesystem_of(aws_environment())


@functools.lru_cache(maxsize=8)
def _s3_filesystem_of(environment: frozenset[tuple[str, str]]) -> fs.FileSystem:
    # One an environment: a filesystem keeps the credentials it began with. A delayed open sends a small object whole in
    # one request, where a multipart upload takes three.
    bundle = os.environ.get("AWS_CA_BUNDLE") or None
    return fs.S3FileSystem(endpoint_override=endpoint(), region=region(), tls_ca_file_path=bundle, allow_delayed_open=True)


def _checked(path: str) -> str:
    if not path or path.startswith("/") or "\\" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError(f"expected a relative POSIX path without empty, '.' or '..' parts, got {path!r}")
    return path
