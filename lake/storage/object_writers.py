"""How objects are written: whole or not at all, one by one or many together, to a disk or to S3."""

import errno
import os
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from pyarrow import fs

TEMPORARY_PREFIX = ".writing-"
"""Starts the names of files that a local store has not finished; readers and listings leave them out."""

UPLOADS = 16
"""Objects of many that are sent to S3 at once."""

_OF_WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What only a write fails with."""


@contextmanager
def unfinished_file(path: Path) -> Iterator[Path]:
    """Make a file beside a path under a name that no listing shows; what is left of it at the end is removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        temporary.chmod(0o644)
        yield temporary
    except OSError as error:
        if error.errno in _OF_WRITING and error.filename is None:
            error.filename = str(path)  # a write that fails names no file by itself
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def write_local(path: Path) -> Iterator[BinaryIO]:
    """Write a file that appears, whole and safe from a failure of power, when the block ends without an error."""
    with unfinished_file(path) as temporary:
        with temporary.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def write_at_once(target: Path, folders: set[Path]) -> Iterator[BinaryIO]:
    """Write a file of many that count only together, under its name from the beginning; `folders` are those known to be there."""
    if target.parent not in folders:
        target.parent.mkdir(parents=True, exist_ok=True)
        folders.add(target.parent)
    with target.open("wb") as stream:
        yield stream


@contextmanager
def write_remote(filesystem: fs.FileSystem, path: str) -> Iterator[BinaryIO]:
    """Write an object on S3; it appears, whole, when the block ends without an error."""
    with tempfile.SpooledTemporaryFile(max_size=128 << 20) as stream:
        yield cast(BinaryIO, stream)
        _upload(filesystem, path, stream)


@contextmanager
def write_soon(filesystem: fs.FileSystem, pool: ThreadPoolExecutor, sent: deque[Future[None]], path: str) -> Iterator[BinaryIO]:
    """Write an object of many that count only together; it is sent to S3 while others are written, and `sent` tells what became of it."""
    stream = tempfile.SpooledTemporaryFile(max_size=4 << 20)  # noqa: SIM115 - closed when it is sent
    try:
        yield cast(BinaryIO, stream)
    except BaseException:
        stream.close()
        raise
    sent.append(pool.submit(_upload_and_close, filesystem, path, stream))
    if len(sent) > 2 * UPLOADS:
        sent.popleft().result()


def _upload_and_close(filesystem: fs.FileSystem, path: str, stream: IO[bytes]) -> None:
    with stream:
        _upload(filesystem, path, stream)


def _upload(filesystem: fs.FileSystem, path: str, stream: IO[bytes]) -> None:
    # Closing a pyarrow stream completes the upload, so nothing must fail before the close. And it would compress what goes
    # under a name such as x.json.gz, unless told not to.
    stream.seek(0)
    with filesystem.open_output_stream(path, compression=None) as upload:
        while chunk := stream.read(8 << 20):
            upload.write(chunk)
