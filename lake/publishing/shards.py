"""Write shards: Parquet files under names from the plan, each with the receipt that a publication commits."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from lake.contracts import PARTITIONS
from lake.digests import FOLDER_DIGITS
from lake.errors import ContractError
from lake.publishing.parquet_files import ChecksummedStream
from lake.publishing.parts import part_name
from lake.schemas import arrow_schema, conform, has_bytes, measured_columns, record_of
from lake.storage.store import Store

ROWS_PER_GROUP = 32_768
ROWS_PER_GROUP_WITH_BYTES = 64
"""Of tables with a binary column: about 1 MB of pixels, so that a random read of one row stays cheap."""

_SHARD_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,120}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a worker returns for one shard it has written."""

    path: str  # relative to the store's root
    rows: int
    bytes: int
    sha256: str
    part: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShardLocation:
    """Where the shards of one publication go; picklable, so that it travels to workers."""

    store: Store
    table: str
    key: str  # the stage key
    part: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The folder of the publication's shards, relative to the store's root."""
        folder = f"tables/{self.table}/{self.key[:FOLDER_DIGITS]}"
        return f"{folder}/{part_name(self.part)}" if self.part else folder


def shard_name(index: int, count: int) -> str:
    """Name the shard at a position of a plan, e.g. `shard-00042-of-00256`.

    Args:
        index: From 0 to `count - 1`.
        count: Shards in the plan.
    """
    return f"shard-{index:05d}-of-{count:05d}"


def write_shard(
    location: ShardLocation,
    name: str,
    batches: Iterable[pa.RecordBatch | pa.Table],
    *,
    rows_per_group: int | None = None,
    compression: str = "zstd",
) -> Receipt | None:
    """Write one shard whole or not at all.

    The file's bytes depend on the rows and their order alone, not on how they were batched. Bytes columns are stored
    as they are (images and masks are compressed already).

    Args:
        location: Table, stage key and part that the shard belongs to.
        name: Of the shard, from the plan; see `shard_name`.
        batches: Rows that fit the table's contract; of one part of the table where it is partitioned.
        rows_per_group: Rows in a Parquet row group; by default 64 where the table holds bytes, else 32,768.
        compression: Codec of the columns that are not bytes.

    Returns:
        The receipt, or None where there were no rows: then no file is written.

    Raises:
        ContractError: Rows do not fit the contract, or lie in another part than the location says.
    """
    import pyarrow.parquet as pq

    if not _SHARD_NAME.fullmatch(name):
        raise ValueError(f"expected a shard's name such as {shard_name(42, 256)!r}, got {name!r}")
    record = record_of(location.table)
    schema = arrow_schema(record)
    group = rows_per_group or (ROWS_PER_GROUP_WITH_BYTES if has_bytes(schema) else ROWS_PER_GROUP)
    groups = _row_groups((conform(_as_table(batch), record) for batch in batches), group)
    first = next(groups, None)
    if first is None:
        return None
    path = f"{location.folder}/{name}.parquet"
    parts = _PartCheck(location)
    with location.store.open_output(path) as output:
        stream = ChecksummedStream(output)
        with pq.ParquetWriter(stream, schema, **write_settings(schema, compression)) as writer:
            rows = 0
            for rows_of_group in _chain(first, groups):
                parts.check(rows_of_group)
                writer.write_table(rows_of_group, row_group_size=group)
                rows += rows_of_group.num_rows
            stream.begin_footer()
        stream.end_footer()
    return Receipt(path, rows, stream.size, stream.digest.hexdigest(), parts.found())


class _PartCheck:
    """Sees to it that all rows of a shard lie in one part of the table, and in the location's."""

    def __init__(self, location: ShardLocation) -> None:
        self._location = location
        self._columns = PARTITIONS.get(location.table, ())
        self._found: dict[str, str] = dict(location.part)

    def check(self, rows: pa.Table) -> None:
        for column in self._columns:
            for value in rows.column(column).unique().to_pylist():
                expected = self._found.setdefault(column, value)
                if value != expected:
                    raise ContractError(
                        f"a shard of {self._location.table!r} holds one part: expected {column} = {expected!r}, "
                        f"got {value!r}; write one shard a {column}"
                    )

    def found(self) -> dict[str, str]:
        return {column: self._found[column] for column in sorted(self._found)}


def write_settings(schema: pa.Schema, compression: str) -> dict[str, Any]:
    """Return how shards are written: pyarrow's arguments beside the size of row groups; `benchmarks.parquet_settings` compares.

    Args:
        schema: Of the rows.
        compression: Codec of the columns that are not bytes: zstd, snappy, gzip, lz4, brotli or none.
    """
    codecs = {c.name: "NONE" if pa.types.is_binary(c.type) else compression.upper() for c in schema}
    return {
        "compression": codecs,
        "write_page_checksum": True,
        # Row groups of tables with bytes are small: a dictionary in each costs readers more than it saves.
        "use_dictionary": False if has_bytes(schema) else [c.name for c in schema if pa.types.is_string(c.type)],
        "write_statistics": measured_columns(schema),
        "version": "2.6",
    }


def _as_table(batch: pa.RecordBatch | pa.Table) -> pa.Table:
    return batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])


def _row_groups(tables: Iterator[pa.Table], size: int) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        if count >= size:
            rows = pa.concat_tables(waiting)
            whole = count - count % size
            for start in range(0, whole, size):
                yield rows.slice(start, size).combine_chunks()
            waiting, count = [rows.slice(whole)], count - whole
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _chain(first: pa.Table, others: Iterator[pa.Table]) -> Iterator[pa.Table]:
    yield first
    yield from others
