"""Parquet files of the tables as they are written: pages carry Parquet's checksums, and the footer one of ours.

The footer says where pages lie and what they are, and Parquet has no checksum for it: it is written behind one, in the
gap between the last page and the footer, which other readers skip.
"""

import hashlib
import struct
import zlib
from typing import Any, BinaryIO

from lake.errors import DamagedFileError
from lake.publishing.mends import mend_of

_END, _MAGIC = struct.Struct("<I4s"), b"PAR1"
_CHECKSUM = struct.Struct("<4sI")
_MARK = b"CPF1"


class ChecksummedStream:
    """A binary stream that hashes and counts what passes through it, and writes a Parquet footer behind its checksum."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._footer: bytearray | None = None
        self.digest = hashlib.sha256()
        self.size = 0
        self.closed = False

    def begin_footer(self) -> None:
        """Hold back what is written from now on: it is the footer."""
        self._footer = bytearray()

    def end_footer(self) -> None:
        """Write the footer behind its checksum."""
        footer, self._footer = bytes(self._footer or b""), None
        self.write(_CHECKSUM.pack(_MARK, zlib.crc32(footer)))
        self.write(footer)

    def write(self, data: Any) -> int:
        """Write bytes."""
        if self._footer is not None:
            self._footer += memoryview(data).cast("B")
            return memoryview(data).nbytes
        self.digest.update(data)
        self.size += memoryview(data).nbytes
        return self._output.write(data)

    def tell(self) -> int:
        """Return how many bytes have been written, those held back too."""
        return self.size + len(self._footer or b"")

    def flush(self) -> None:
        """Flush what is not held back."""
        self._output.flush()

    def close(self) -> None:
        """Close this stream; the one below stays open."""
        self.closed = True

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def readable(self) -> bool:
        """Say that it cannot be read."""
        return False

    def seekable(self) -> bool:
        """Say that it has no positions to go to."""
        return False


def check_footer(stream: BinaryIO, path: str) -> None:
    """Hold a file's footer against its checksum.

    Args:
        stream: The file, open; where it stands afterwards is undefined.
        path: Relative to the store's root.

    Raises:
        DamagedFileError: The footer is not the one that was written.
    """
    size = stream.seek(0, 2)
    stream.seek(max(size - _END.size, 0))
    end = stream.read(_END.size)
    length, magic = _END.unpack(end) if len(end) == _END.size else (0, b"")
    begin = size - _END.size - length - _CHECKSUM.size
    if magic != _MAGIC or begin < len(_MAGIC):
        raise DamagedFileError(damage_described(path, "it does not end as a Parquet file does"))
    stream.seek(begin)
    mark, checksum = _CHECKSUM.unpack(stream.read(_CHECKSUM.size))
    if mark != _MARK or zlib.crc32(stream.read(length + _END.size)) != checksum:
        raise DamagedFileError(damage_described(path, "its footer does not match its checksum"))


def damage_described(path: str, why: str) -> str:
    """Say what is wrong with a file of a table, and what to do.

    Args:
        path: Relative to the store's root.
        why: What was found.
    """
    _, table, key, *_ = [*path.split("/"), "", "", ""]
    again = mend_of(path)
    mend = f"{again} makes it again from what it was made from, else restore it" if again else "restore it"
    return (
        f"file {path!r} of table {table!r}, publication {key!r}, is not what was published: {why}; {mend} from a backup; "
        "`centrepiece doctor --verify` finds all such files"
    )
