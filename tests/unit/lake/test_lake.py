import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pytest

from lake.errors import ConfigurationError, ContractError, InputError, MissingTableError
from lake.lake import Lake, connect_lake
from tests.support.publications import publish_rejects, published_numbers


def test_a_table_that_nobody_published_is_missing(lake: Lake) -> None:
    assert not lake.has("crops")
    with pytest.raises(MissingTableError, match="table 'crops' has not been published yet"):
        lake.read("crops")


def test_an_unknown_table_is_refused(lake: Lake) -> None:
    with pytest.raises(ContractError, match="unknown table 'crop'"):
        lake.has("crop")


def test_reading_picks_columns_and_rows(lake: Lake) -> None:
    publish_rejects(lake, "a", [1, 2])
    publish_rejects(lake, "b", [3])
    assert lake.read("rejects", columns=["source_ref", "source"], where={"source": "b"}).to_pylist() == [
        {"source_ref": "row 3", "source": "b"}
    ]
    assert lake.read("rejects", where={"source": ["a", "b"], "source_ref": ["row 1", "row 3"]}).num_rows == 2
    assert lake.read("rejects", where=pc.field("source_ref") == "row 2").num_rows == 1
    assert lake.read("rejects", where={"source": []}).num_rows == 0
    assert lake.read("rejects", where={"source": "nobody"}).num_rows == 0


def test_a_filter_on_the_part_leaves_out_whole_files(lake: Lake) -> None:
    publish_rejects(lake, "a", [1, 2])
    publish_rejects(lake, "b", [3], shards=1)
    assert [file.rows for file in lake.files("rejects", where={"source": "b"})] == [1]
    assert [file.rows for file in lake.files("rejects", part={"source": "a"})] == [1, 1]


def test_files_can_be_read_by_their_uri(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    (file,) = lake.files("rejects")
    assert Path(file.uri).stat().st_size == file.bytes
    assert file.part == {"stage": "ingest", "source": "a"}


def test_batches_stream_all_rows_in_bounded_pieces(lake: Lake) -> None:
    publish_rejects(lake, "a", list(range(100)))
    sizes = [batch.num_rows for batch in lake.batches("rejects", batch_rows=8)]
    assert sum(sizes) == 100
    assert max(sizes) <= 8


def test_an_unknown_column_is_named(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    with pytest.raises(ContractError, match=r"table 'rejects' has no column \['colour'\]"):
        lake.read("rejects", columns=["colour"])
    with pytest.raises(ContractError, match=r"table 'rejects' has no column \['colour'\]"):
        lake.read("rejects", where={"colour": "red"})


def test_the_past_can_be_read_by_snapshot_tag_and_time(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    first = lake.snapshot("rejects")
    lake.tag("rejects", first.snapshot_id, "training-1")
    time.sleep(0.01)
    publish_rejects(lake, "a", [2])
    for as_of in (first.snapshot_id, str(first.snapshot_id), "training-1", first.committed_at, first.committed_at.isoformat()):
        assert lake.snapshot("rejects", as_of) == first
        assert lake.read("rejects", columns=["source_ref"], as_of=as_of).to_pylist() == [{"source_ref": "row 1"}]
    assert lake.snapshot("rejects", datetime.now(UTC)).snapshot_id == lake.snapshot("rejects").snapshot_id
    assert published_numbers(lake) == [2]


def test_before_the_first_publication_a_table_is_missing(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    with pytest.raises(MissingTableError, match="had not been published as of"):
        lake.read("rejects", as_of=lake.snapshot("rejects").committed_at - timedelta(seconds=1))


@pytest.mark.parametrize("as_of", ["training-9", 12345, "99999999999"])
def test_an_as_of_that_names_nothing_is_refused_with_what_there_is(lake: Lake, as_of: int | str) -> None:
    publish_rejects(lake, "a", [1])
    with pytest.raises(InputError, match="its newest snapshots"):
        lake.read("rejects", as_of=as_of)


def test_a_tag_does_not_move(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    first = lake.snapshot("rejects").snapshot_id
    lake.tag("rejects", first, "training-1")
    lake.tag("rejects", first, "training-1")
    publish_rejects(lake, "a", [2])
    with pytest.raises(InputError, match="tags do not move"):
        lake.tag("rejects", lake.snapshot("rejects").snapshot_id, "training-1")
    with pytest.raises(InputError, match="has no snapshot 7"):
        lake.tag("rejects", 7, "other")


def test_two_pipelines_with_one_store_see_the_same_tables(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    assert published_numbers(connect_lake(lake.store.root, name="weekly")) == [1]


def test_a_store_that_was_moved_says_so(lake: Lake, tmp_path: Path) -> None:
    publish_rejects(lake, "a", [1])
    moved = Path(lake.store.root).rename(tmp_path / "moved")
    with pytest.raises(ConfigurationError, match="was the store moved"):
        connect_lake(str(moved), name="tests").read("rejects")


def test_a_table_of_another_contract_version_is_refused(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    with lake.table("rejects").transaction() as transaction:
        transaction.set_properties({"centrepiece.contract": "0"})
    with pytest.raises(ContractError, match="published under contract version 0, this code knows 2"):
        lake.read("rejects")


@pytest.mark.parametrize("catalog", ["mysql://host/db", "ftp://host"])
def test_an_unknown_kind_of_catalog_is_refused(tmp_path: Path, catalog: str) -> None:
    with pytest.raises(ConfigurationError, match="catalog: expected null"):
        connect_lake(str(tmp_path), catalog=catalog)


def test_a_store_on_s3_needs_a_shared_catalog() -> None:
    with pytest.raises(ConfigurationError, match="needs a shared catalog"):
        connect_lake("s3://bucket/prefix")


def test_a_damaged_identity_is_refused(lake: Lake) -> None:
    lake.store.write_bytes("lake.json", b"[]")
    with pytest.raises(ConfigurationError, match=r"lake\.json is damaged"):
        connect_lake(lake.store.root)
