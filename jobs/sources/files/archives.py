"""Unpacks zip and tar archives into a store: within limits, and all of an archive or nothing.

An archive is unpacked once, below a folder named by the digest of its bytes; a list of its members, written last, says
that it is complete.
"""

import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, cast

from jobs.sources.files.folders import MappedBytes
from jobs.sources.files.paths import HostilePathError, safe_path
from lake.digests import canonical_json
from lake.errors import InputError
from lake.storage.store import Store

UNPACKED = "exports/unpacked"
"""Folder of the store for what archives held."""
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")

_CHUNK = 4 << 20
_PADDING = 64 << 20
_FAULTS = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError),
    *(NotImplementedError, RuntimeError, TypeError, IndexError, KeyError, AttributeError, OverflowError),
)
"""What zipfile and tarfile raise over broken archives."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold."""

    members: int = 2_000_000
    member_bytes: int = 16 << 30
    total_bytes: int = 2 << 40
    ratio: int = 200  # of all members to the archive; real images and masks stay near 1, JSON under 30
    free_bytes: int = 64 << 20  # below which the ratio does not matter


def is_archive(path: str) -> bool:
    """Say whether a path names an archive that can be unpacked."""
    return path.lower().endswith(SUFFIXES)


def unpack(data: MappedBytes, where: str, store: Store, limits: Limits | None = None) -> str:
    """Unpack an archive into a store, unless it has been unpacked before.

    Args:
        data: (N,) uint8, the archive's bytes.
        where: What to call it in messages.
        store: Where the members go.
        limits: What it may hold.

    Returns:
        URI of the folder of its members.

    Raises:
        InputError: It is broken, encrypted, holds a link or device, a name twice, a name that leaves the folder, or
            more than the limits allow; nothing of it is read then, and nothing of it stays.
    """
    folder = f"{UNPACKED}/{hashlib.sha256(data.data).hexdigest()}"
    listing = f"{folder}.json"
    if store.exists(listing):
        return store.uri(folder)
    allowed = limits or Limits()
    sizes: dict[str, int] = {}
    try:
        _copy_members(data, where, store, folder, allowed, sizes)
    except InputError:
        for path in sizes:
            store.delete(f"{folder}/{path}")
        raise
    store.write_bytes(listing, canonical_json(sizes).encode())
    return store.uri(folder)


def _copy_members(data: MappedBytes, where: str, store: Store, folder: str, limits: Limits, sizes: dict[str, int]) -> None:
    """Copy every member below a folder, and note its size as soon as it lies there."""
    total = 0
    try:
        with store.open_many() as open_member:
            for name, stream in _members(data, limits):
                path = safe_path(name)
                if path in sizes:
                    raise InputError(f"{where} holds the name {path[:200]!r} twice")
                if len(sizes) == limits.members:
                    raise InputError(f"{where} holds more than {limits.members:,} members")
                sizes[path] = 0  # whatever becomes of it, it is known
                with open_member(f"{folder}/{path}") as output:
                    sizes[path] = _copy(stream, output, _room(total, data.size, limits), where)
                total += sizes[path]
    except HostilePathError as error:
        raise InputError(f"{where}: {error}; nothing of it was read") from None
    except _FAULTS as error:
        raise InputError(f"{where} cannot be unpacked: {type(error).__name__}: {error}") from None


def _room(copied: int, packed: int, limits: Limits) -> int:
    """Return how many bytes the next member may have."""
    total = min(limits.total_bytes, max(limits.free_bytes, limits.ratio * packed))
    return min(limits.member_bytes, total - copied)


def _copy(stream: IO[bytes], output: IO[bytes], room: int, where: str) -> int:
    copied = 0
    while chunk := stream.read(_CHUNK):
        copied += len(chunk)
        if copied > room:
            raise InputError(f"{where} unpacks to more than its limits allow; nothing of it was read")
        output.write(chunk)
    return copied


def _members(data: MappedBytes, limits: Limits) -> Iterator[tuple[str, IO[bytes]]]:
    file = io.BufferedReader(_Mapped(data))
    if data[:2].tobytes() == b"PK":
        yield from _zip_members(file, limits)
    else:
        yield from _tar_members(file)


def _zip_members(file: IO[bytes], limits: Limits) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        if len(infos) > limits.members:
            raise InputError(f"an archive of {len(infos):,} members exceeds {limits.members:,}")
        for info in infos:
            if info.is_dir():
                continue
            kind = info.external_attr >> 28
            if kind not in (0, 8):
                raise InputError(f"an archive's member {info.filename[:200]!r} is a link or a device")
            with archive.open(info) as stream:
                yield info.filename, stream


def _tar_members(file: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    stream = _Tail(_decompressed(file))
    with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|") as archive:
        for member in archive:
            if member.isdir():
                continue
            content = archive.extractfile(member) if member.isreg() else None
            if content is None:
                raise InputError(f"an archive's member {member.name[:200]!r} is a link or a device")
            yield member.name, content
    stream.check_end()


def _decompressed(file: IO[bytes]) -> IO[bytes]:
    """Open the layer below the tar: gzip, bzip2 and xz check their own sums and ends, which tarfile's own streams do not."""
    start = file.read(6)
    file.seek(0)
    if start[:2] == b"\x1f\x8b":
        return cast(IO[bytes], gzip.GzipFile(fileobj=file))
    if start[:3] == b"BZh":
        return bz2.BZ2File(file)
    if start == b"\xfd7zXZ\x00":
        return lzma.LZMAFile(file)
    return file


class _Tail:
    """A stream that knows its last block, so that a tar cut off between two members is seen to be cut off."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._last = b""

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""
        data = self._stream.read(size)
        self._last = (self._last + data)[-tarfile.BLOCKSIZE :]
        return data

    def check_end(self) -> None:
        """Read what is left and check that the archive's end marker, a block of zeros, closes the stream."""
        for _ in range(_PADDING // _CHUNK):
            if not self.read(_CHUNK):
                break
        else:
            raise InputError(f"a tar goes on for more than {_PADDING:,} bytes after its end")
        if self._last != bytes(tarfile.BLOCKSIZE):
            raise InputError("a tar has no end marker: it was cut off")


class _Mapped(io.RawIOBase):
    """A mapped file as a seekable stream, without a copy of it."""

    def __init__(self, data: MappedBytes) -> None:
        super().__init__()
        self._data = data
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: int(self._data.size)}[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        chunk = self._data[self._at : self._at + len(buffer)]
        memoryview(buffer)[: chunk.size] = chunk.tobytes()
        self._at += int(chunk.size)
        return int(chunk.size)
