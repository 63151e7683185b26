import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.contracts import Prediction
from lake.errors import ContractError
from lake.publishing.shards import ShardLocation, shard_name, write_shard
from lake.schemas import arrow_schema, table_of
from lake.storage.store import open_store
from tests.support.publications import reject_rows

KEY = "0123456789abcdef" * 4


@pytest.fixture
def location(tmp_path: Path) -> ShardLocation:
    return ShardLocation(open_store(tmp_path), "rejects", KEY, {"source": "a b/c", "stage": "ingest"})


def test_a_receipt_describes_its_file(location: ShardLocation) -> None:
    receipt = write_shard(location, shard_name(1, 3), [reject_rows("a b/c", [1, 2])])
    assert receipt is not None
    data = location.store.read_bytes(receipt.path)
    assert receipt.path == "tables/rejects/0123456789abcdef/source=a%20b%2Fc/stage=ingest/shard-00001-of-00003.parquet"
    assert (receipt.rows, receipt.bytes, receipt.sha256) == (2, len(data), hashlib.sha256(data).hexdigest())
    assert receipt.part == {"source": "a b/c", "stage": "ingest"}


def test_the_bytes_depend_on_the_rows_alone_and_not_on_their_batches(location: ShardLocation) -> None:
    rows = reject_rows("a b/c", range(100))
    whole = write_shard(location, "whole", [rows], rows_per_group=7)
    pieces = [rows.slice(start, 3).to_batches()[0] for start in range(0, 100, 3)]
    dealt = write_shard(location, "dealt", iter(pieces), rows_per_group=7)
    assert whole is not None
    assert dealt is not None
    assert whole.sha256 == dealt.sha256
    with pq.ParquetFile(location.store.uri(whole.path)) as file:
        assert [file.metadata.row_group(i).num_rows for i in range(15)] == [7] * 14 + [2]


def test_no_rows_write_no_file(location: ShardLocation) -> None:
    assert write_shard(location, "none", [reject_rows("a b/c", [])]) is None
    assert write_shard(location, "none", []) is None
    assert location.store.list() == ()


def test_rows_of_another_part_are_refused_and_leave_no_file(location: ShardLocation) -> None:
    with pytest.raises(ContractError, match=r"expected source = 'a b/c', got 'other'"):
        write_shard(location, "mixed", [reject_rows("a b/c", [1]), reject_rows("other", [2])])
    assert location.store.list() == ()


def test_a_shard_in_a_whole_table_still_holds_one_part_and_says_which(tmp_path: Path) -> None:
    location = ShardLocation(open_store(tmp_path), "rejects", KEY)
    receipt = write_shard(location, "one", [reject_rows("a", [1])])
    assert receipt is not None
    assert receipt.part == {"source": "a", "stage": "ingest"}
    with pytest.raises(ContractError, match="holds one part"):
        write_shard(location, "two", [reject_rows("a", [1]), reject_rows("b", [1])])


def test_rows_that_break_the_contract_are_refused(location: ShardLocation) -> None:
    with pytest.raises(ContractError, match=r"missing \['detail'\]"):
        write_shard(location, "bad", [reject_rows("a b/c", [1]).drop_columns(["detail"])])


@pytest.mark.parametrize("name", ["../x", "A", "", ".x", "a/b"])
def test_names_of_shards_are_plain(location: ShardLocation, name: str) -> None:
    with pytest.raises(ValueError, match="expected a shard's name"):
        write_shard(location, name, [])


def test_bytes_are_stored_as_they_are_in_small_row_groups(tmp_path: Path) -> None:
    location = ShardLocation(open_store(tmp_path), "predictions", KEY, {"model": "m"})
    rows = [Prediction("m", f"{n}", "i", "png", bytes(5000), 1.0) for n in range(100)]
    receipt = write_shard(location, "one", [table_of(Prediction, rows)])
    assert receipt is not None
    with pq.ParquetFile(location.store.uri(receipt.path)) as file:
        assert [file.metadata.row_group(i).num_rows for i in range(2)] == [64, 36]
        column = file.metadata.row_group(0).column(file.schema_arrow.get_field_index("probability"))
        assert column.compression == "UNCOMPRESSED"
        assert not column.has_dictionary_page
        assert file.schema_arrow == arrow_schema(Prediction)
        assert isinstance(file.read(), pa.Table)
