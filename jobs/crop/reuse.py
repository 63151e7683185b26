"""Finds among the published crops whole shards that a new plan need not write again, and pixels that it need not cut again.

A crop's id is a digest of instance, replica, window and settings, and its `spec` holds the version of the code that cut
it: where both are equal, so are the pixels. Masks, labels and properties are always made again, for they may have changed.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.crop.blocks import PixelBlock
from lake.errors import DamagedFileError
from lake.publishing.reading import open_parquet
from lake.publishing.records import receipts_of
from lake.publishing.shards import Receipt
from lake.storage.store import Store

_log = logging.getLogger(__name__)

_NAMES = ("crop_id", "spec")
_BLOCK = ("crop_id", "pixel_codec", "pixels", "block_left", "block_top", "orientation")


@dataclass(frozen=True, slots=True)
class CutFile:
    """A file of published crops, with the least and the greatest image id in it."""

    path: str
    least: str
    greatest: str


def cut_files(store: Store, paths: Iterable[str]) -> tuple[CutFile, ...]:
    """Read from their footers which images files of crops are about."""
    found = []
    for path in sorted(paths):
        try:
            with open_parquet(store, path) as opened:
                metadata = opened.metadata
        except DamagedFileError as error:
            _log.warning("a damaged file is not reused, its crops are cut again: %s", error)
            continue
        groups = [_images(metadata.row_group(number)) for number in range(metadata.num_row_groups)]
        if groups:
            found.append(CutFile(path, min(least for least, _ in groups), max(greatest for _, greatest in groups)))
    return tuple(found)


def standing_shards(store: Store, paths: Iterable[str]) -> dict[str, Receipt]:
    """Return the receipts of published shards of crops, by name; a shard of a new plan with that name need not be written."""
    return {PurePosixPath(path).stem: receipt for path, receipt in receipts_of(store, paths).items()}


def known_blocks(store: Store, files: Iterable[CutFile], plan: pa.Table, spec: str) -> dict[str, PixelBlock]:
    """Return the blocks of a shard's plan that were cut before.

    Args:
        store: Where the files lie.
        files: Of the published crops.
        plan: Rows of `plan`, of one shard.
        spec: The digest that `Crop.spec` must hold.
    """
    if not len(plan):
        return {}
    limits = pc.min_max(plan.column("image_id")).as_py()
    wanted = plan.column("crop_id")
    known: dict[str, PixelBlock] = {}
    for file in files:
        if file.least <= limits["max"] and limits["min"] <= file.greatest:
            try:
                for rows in _wanted_rows(store, file, limits["min"], limits["max"], wanted, spec):
                    known |= {row["crop_id"]: PixelBlock(*(row[name] for name in _BLOCK[1:])) for row in rows.to_pylist()}
            except DamagedFileError as error:
                _log.warning("nothing more is reused of a damaged file, its crops are cut again: %s", error)
    return known


def _wanted_rows(store: Store, file: CutFile, least: str, greatest: str, wanted: pa.ChunkedArray, spec: str) -> Iterator[pa.Table]:
    with open_parquet(store, file.path) as stored:
        for number in range(stored.metadata.num_row_groups):
            first, last = _images(stored.metadata.row_group(number))
            if first > greatest or last < least:
                continue
            names = stored.read_row_group(number, columns=list(_NAMES), use_threads=False)
            matches = pc.and_(pc.is_in(names.column("crop_id"), wanted.combine_chunks()), pc.equal(names.column("spec"), spec))
            if pc.any(matches).as_py():
                yield stored.read_row_group(number, columns=list(_BLOCK), use_threads=False).filter(matches)


def _images(group: pq.RowGroupMetaData) -> tuple[str, str]:
    """Return the least and greatest image id of a row group, or limits that exclude none where it has no statistics."""
    for number in range(group.num_columns):
        column = group.column(number)
        if column.path_in_schema == "image_id" and column.is_stats_set and column.statistics.has_min_max:
            return str(column.statistics.min), str(column.statistics.max)
    return "", "g"  # beyond every hexadecimal digit
