"""Slices of a table's files: runs of row groups, cut by the files alone, that workers read one by one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.packing import pack_up_to
from lake.publishing.reading import open_parquet
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard
from lake.storage.data_files import DataFile
from lake.storage.store import Store

ROWS_PER_SLICE = 65_536


@dataclass(frozen=True, slots=True)
class FileSlice:
    """One part of one file, worked on as a whole."""

    path: str  # relative to the store's root
    row_groups: tuple[int, ...]
    rows: int
    shard: str  # the name of the shards that are made of it


def slices_of(store: Store, files: Iterable[DataFile], *, rows_per_slice: int = ROWS_PER_SLICE) -> list[FileSlice]:
    """Cut files into slices, in the order of their paths.

    Args:
        store: Where the files are.
        files: Parquet files of one table.
        rows_per_slice: A slice takes row groups of its file up to this many rows, and at least one.
    """
    runs = []
    for file in sorted(files, key=lambda file: file.path):
        with open_parquet(store, file.path) as opened:
            metadata = opened.metadata
        sizes = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
        runs += [(file.path, tuple(groups), sum(sizes[groups.start : groups.stop])) for groups in pack_up_to(sizes, rows_per_slice)]
    filled = [run for run in runs if run[2]]
    return [FileSlice(*run, shard_name(number, len(filled))) for number, run in enumerate(filled)]


def read_slice(store: Store, piece: FileSlice, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a slice's rows.

    Args:
        store: Where its file is.
        piece: What to read.
        columns: Names, or None for all.
    """
    with open_parquet(store, piece.path) as opened:
        return opened.read_row_groups(list(piece.row_groups), columns=columns, use_threads=False)


def write_rejects(location: ShardLocation, name: str, rejects: pa.Table) -> list[Receipt | None]:
    """Write the rejects of a slice or shard, one shard a source, in the order of the sources' names.

    Args:
        location: The part of the table `rejects` that the stage writes.
        name: Of the shard that the rejects are of.
        rejects: Rows of `rejects`.
    """
    sources = sorted(set(rejects.column("source").to_pylist()))
    rows = (rejects.filter(pc.equal(rejects.column("source"), source)) for source in sources)
    return [write_shard(location, f"{name}-source-{number:03d}", [those]) for number, those in enumerate(rows)]


def counted(values: pa.ChunkedArray) -> Counter[str]:
    """Count each text of a column."""
    return Counter({pair["values"]: pair["counts"] for pair in values.value_counts().to_pylist()})


def pairs_of(rows: pa.Table, one: str, other: str) -> Counter[tuple[str, str]]:
    """Count each pair of texts of two columns."""
    return Counter(zip(rows.column(one).to_pylist(), rows.column(other).to_pylist(), strict=True))


def summed(counts: Iterable[Counter[str]]) -> dict[str, int]:
    """Add up the counts of all slices, by what they count."""
    return dict(sorted(sum(counts, Counter[str]()).items()))
