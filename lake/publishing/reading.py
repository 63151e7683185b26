"""Reading of the tables' Parquet files: whatever was changed in one since it was published is an error that names it."""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from lake.errors import DamagedFileError, InputError
from lake.publishing.parquet_files import check_footer, damage_described
from lake.publishing.records import receipts_of
from lake.storage.store import Store

if TYPE_CHECKING:
    import pyarrow.dataset as ds
    import pyarrow.parquet as pq

_log = logging.getLogger(__name__)
_READERS = 16
"""Files that are looked at at a time, and footers that are read at a time: on S3 each is a request."""
_CHUNK = 8 << 20


@contextmanager
def open_parquet(store: Store, path: str, *, pre_buffer: bool = False) -> "Iterator[pq.ParquetFile]":
    """Open a file of a table; what is read of it in the block is checked.

    Args:
        store: Where it is.
        path: Relative to the store's root.
        pre_buffer: Read ahead across row groups, for files with many small ones.

    Raises:
        DamagedFileError: The file is not what was published.
    """
    import pyarrow.parquet as pq

    with damage_named(store, [path]), store.open_input(path) as stream:
        check_footer(stream, path)
        yield pq.ParquetFile(stream, pre_buffer=pre_buffer, page_checksum_verification=True)


def open_dataset(store: Store, paths: Sequence[str], *, schema: pa.Schema | None = None) -> "ds.Dataset":
    """Open files of a table as one dataset, whose scans are checked; scan it inside `damage_named`.

    Args:
        store: Where they are.
        paths: Relative to the store's root; at least one.
        schema: Of the rows; None is the first file's.

    Raises:
        DamagedFileError: A footer is not the one that was written, or a file is gone.
    """
    import pyarrow.dataset as ds

    check_footers(store, paths)
    return ds.dataset(list(paths), schema=schema, format=_checked_pages(), filesystem=store.filesystem())


def rows_alone(rows: pa.Table) -> "ds.Dataset":
    """Return rows that are in memory as a dataset."""
    import pyarrow.dataset as ds

    return ds.dataset(rows)


@cache
def _checked_pages() -> "ds.ParquetFileFormat":
    import pyarrow.dataset as ds

    return ds.ParquetFileFormat(default_fragment_scan_options=ds.ParquetFragmentScanOptions(page_checksum_verification=True))


def check_footers(store: Store, paths: Sequence[str]) -> None:
    """Hold the footers of files against their checksums, some at a time.

    Raises:
        DamagedFileError: A footer is not the one that was written, or a file is gone.
    """

    def check(path: str) -> None:
        with damage_named(store, [path]), store.open_input(path) as stream:
            check_footer(stream, path)

    if len(paths) == 1:
        check(paths[0])
    elif paths:
        with ThreadPoolExecutor(min(_READERS, len(paths))) as pool:
            list(pool.map(check, paths))


def undamaged(store: Store, paths: Iterable[str]) -> list[str]:
    """Return those of some files that are what was published, byte for byte; the others are told in the log.

    Args:
        store: Where they are.
        paths: Of files of tables, relative to the store's root.
    """
    wanted = list(paths)
    receipts = receipts_of(store, wanted)

    def is_intact(path: str) -> bool:
        return path in receipts and store.exists(path) and _sha256(store, path) == receipts[path].sha256

    if not wanted:
        return []
    with ThreadPoolExecutor(_READERS) as pool:  # hashing and requests let other threads run
        intact = list(pool.map(is_intact, wanted))
    for path in (path for path, whole in zip(wanted, intact, strict=True) if not whole):
        _log.warning("file %r is not what was published, and is not reused; `centrepiece doctor --verify` finds all such files", path)
    return [path for path, whole in zip(wanted, intact, strict=True) if whole]


@contextmanager
def damage_named(store: Store, paths: Iterable[str]) -> Iterator[None]:
    """Raise what fails in the block because one of some files is gone or changed as an error that names the file.

    Args:
        store: Where they are.
        paths: Of files of tables, relative to the store's root.

    Raises:
        DamagedFileError: In place of an error of the system or of Arrow, where a file is not what was published.
    """
    try:
        yield
    except InputError as error:  # the store's own, of an object that is gone
        raise_damage(store, (path for path in paths if not store.exists(path)), error)
        raise
    except (OSError, pa.ArrowException) as error:
        if isinstance(error, FileNotFoundError) or not isinstance(error, OSError) or error.errno is None:
            raise_damage(store, paths, error)
        raise


def raise_damage(store: Store, paths: Iterable[str], error: Exception) -> None:
    """Raise an error that names the first of some files that is gone or changed; nothing where all are as published.

    Args:
        store: Where they are.
        paths: Of files of tables, relative to the store's root.
        error: What failed when they were read.

    Raises:
        DamagedFileError: A file is not what was published.
    """
    for path in paths:
        if why := _damage(store, path, error):
            raise DamagedFileError(damage_described(path, why)) from error


def _damage(store: Store, path: str, error: Exception) -> str:
    """Say what is wrong with a file; empty where it is what was published, so that something else failed."""
    if not store.exists(path):
        return "it is gone"
    published = receipts_of(store, [path]).get(path)
    if published is not None and _sha256(store, path) == published.sha256:
        return ""
    return " ".join(str(error).split())


def _sha256(store: Store, path: str) -> str:
    hashed = hashlib.sha256()
    with store.open_input(path) as stream:
        while chunk := stream.read(_CHUNK):
            hashed.update(chunk)
    return hashed.hexdigest()
