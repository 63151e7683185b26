"""How `jobs.file_slices` cuts a table's files, and what it writes of a slice."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.file_slices import counted, read_slice, slices_of, summed, write_rejects
from lake.contracts import Reject
from lake.lake import Lake, connect_lake
from lake.publishing.parquet_files import ChecksummedStream
from lake.schemas import table_of
from lake.storage.data_files import DataFile


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return connect_lake(str(tmp_path))


def _file(lake: Lake, name: str, rows: int, *, group: int) -> DataFile:
    table = pa.table({"number": range(rows), "other": [name] * rows})
    with lake.store.open_output(name) as output:
        stream = ChecksummedStream(output)
        with pq.ParquetWriter(stream, table.schema) as writer:
            writer.write_table(table, row_group_size=group)
            stream.begin_footer()
        stream.end_footer()
    return DataFile(name, lake.store.uri(name), rows, lake.store.size(name), {})


def test_slices_take_row_groups_up_to_their_limit_in_the_order_of_paths(lake: Lake) -> None:
    files = [_file(lake, "b.parquet", 30, group=10), _file(lake, "a.parquet", 5, group=10)]
    slices = slices_of(lake.store, files, rows_per_slice=20)
    assert [(piece.path, piece.row_groups, piece.rows) for piece in slices] == [
        ("a.parquet", (0,), 5),
        ("b.parquet", (0, 1), 20),
        ("b.parquet", (2,), 10),
    ]
    assert [piece.shard for piece in slices] == [f"shard-0000{number}-of-00003" for number in range(3)]


def test_a_row_group_beyond_the_limit_is_a_slice_of_its_own(lake: Lake) -> None:
    slices = slices_of(lake.store, [_file(lake, "a.parquet", 30, group=15)], rows_per_slice=10)
    assert [piece.rows for piece in slices] == [15, 15]


def test_slices_together_read_every_row_once(lake: Lake) -> None:
    slices = slices_of(lake.store, [_file(lake, "a.parquet", 37, group=5)], rows_per_slice=12)
    rows = [number for piece in slices for number in read_slice(lake.store, piece, ["number"]).column("number").to_pylist()]
    assert rows == list(range(37))


def test_rejects_are_written_one_shard_a_source(lake: Lake) -> None:
    (piece,) = slices_of(lake.store, [_file(lake, "a.parquet", 3, group=3)])
    row = {"stage": "balance", "source_ref": "1", "reason": "too-small", "detail": ""}
    rejects = table_of(Reject, [row | {"reject_id": source * 2, "source": source} for source in "bab"])
    receipts = write_rejects(lake.location("rejects", "f" * 64, {"stage": "balance"}), piece.shard, rejects)
    assert [(receipt.part["source"], receipt.rows) for receipt in receipts if receipt] == [("a", 1), ("b", 2)]
    assert len({receipt.path for receipt in receipts if receipt}) == 2


def test_counts_of_all_slices_add_up() -> None:
    columns = [pa.chunked_array([["a", "b", "a"]]), pa.chunked_array([["b"]]), pa.chunked_array([pa.array([], pa.string())])]
    assert summed(counted(column) for column in columns) == {"a": 2, "b": 2}
