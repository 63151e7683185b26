from pathlib import Path

from lake.doctor import Finding, examine_lake
from lake.lake import Lake
from tests.publications import publish_rejects


def _findings(lake: Lake, level: str, what: str = "rejects") -> list[Finding]:
    return [finding for finding in examine_lake(lake) if (finding.level, finding.what) == (level, what)]


def test_a_healthy_table_is_good(lake: Lake) -> None:
    publish_rejects(lake, "a", [1, 2])
    publish_rejects(lake, "a", [3])
    assert [f.message for f in _findings(lake, "good")] == ["1 rows in 1 files, 2 snapshots"]
    assert _findings(lake, "fault") == []
    assert _findings(lake, "note") == []
    assert [f.message for f in _findings(lake, "note", "crops")] == ["has not been published yet"]


def test_a_missing_file_is_a_fault(lake: Lake) -> None:
    publish_rejects(lake, "a", [1], shards=1)
    (file,) = lake.files("rejects")
    lake.store.delete(file.path)
    (finding,) = _findings(lake, "fault")
    assert f"gone: 1 files ({file.path})" in finding.message
    assert finding.mend


def test_a_file_of_another_size_is_a_fault(lake: Lake) -> None:
    publish_rejects(lake, "a", [1], shards=1)
    (file,) = lake.files("rejects")
    with Path(file.uri).open("ab") as stream:
        stream.write(b"x")
    assert "differ in size" in _findings(lake, "fault")[0].message


def test_a_file_that_no_snapshot_names_is_noted(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    lake.store.write_bytes("tables/rejects/feedfeedfeedfeed/shard-00000-of-00001.parquet", b"x")
    assert "shard-00000-of-00001.parquet" in _findings(lake, "note")[0].message


def test_a_lost_record_is_a_fault(lake: Lake) -> None:
    publish_rejects(lake, "a", [1], shards=1)
    for path in lake.store.list("publications"):
        lake.store.delete(path)
    assert "no record holds the sha-256" in _findings(lake, "fault")[0].message


def test_lost_metadata_is_a_fault_and_not_a_crash(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    for path in lake.store.list("tables/rejects/metadata"):
        if path.endswith(".avro"):
            lake.store.delete(path)
    assert "metadata file is gone" in _findings(lake, "fault")[0].message
