import hashlib
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from lake.configuration import Pipeline
from lake.contracts import Model
from lake.lake import Lake
from lake.maintenance.doctor import Finding, examine, examine_lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import write_shard
from lake.schemas import table_of
from tests.support.publications import publish_rejects


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
    assert "gone" in _findings(lake, "fault")[0].message


def test_verifying_finds_bytes_that_changed_behind_our_back(lake: Lake) -> None:
    publish_rejects(lake, "a", [1], shards=1)
    (file,) = lake.files("rejects")
    damaged = bytearray(Path(file.uri).read_bytes())
    damaged[10] ^= 1
    Path(file.uri).write_bytes(bytes(damaged))
    assert _findings(lake, "fault") == []
    (finding,) = [f for f in examine_lake(lake, verify=True) if f.level == "fault"]
    assert "bytes differ from what was published" in finding.message


def test_a_table_that_something_else_wrote_to_is_a_fault(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "b", [2])
    lake.table("rejects").delete("source = 'a'")
    assert "its content digest is" in _findings(lake, "fault")[0].message


def test_leases_are_noted_with_who_holds_them(lake: Lake) -> None:
    lake.location("crops", "f" * 64)
    (finding,) = _findings(lake, "note", "catalog")
    assert "which is at work" in finding.message
    engine = sa.create_engine(lake.database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE centrepiece_leases SET expires_at = 1, holder = 'elsewhere:1:2'"))
    engine.dispose()
    (finding,) = _findings(lake, "note", "catalog")
    assert "held by elsewhere:1:2, which has ended or does not renew it" in finding.message
    assert "gc" in finding.mend


def test_writes_that_were_not_finished_are_noted(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    Path(lake.store.uri("tables/rejects/.writing-half")).write_bytes(b"x")
    assert "begun and not finished" in _findings(lake, "note", "store")[0].message


def test_a_pipeline_whose_lake_cannot_be_opened_is_a_fault() -> None:
    source = {"name": "a", "customer": "a", "domain": "a", "format": "coco", "scene": "full", "annotations": "/a"}
    paths = {"taxonomy": "/t.yaml", "label_maps": "/m", "gates": "/g.yaml"}
    pipeline = Pipeline.model_validate({"name": "x", "store": "s3://bucket/x", "sources": [source], **paths})
    (finding,) = examine(pipeline)
    assert (finding.level, finding.what) == ("fault", "catalog")


def test_weights_that_are_gone_changed_or_registered_by_nobody_are_found(lake: Lake) -> None:
    weights = {name: f"models/{name * 64}/weights.safetensors" for name in "abcd"}
    for name, path in weights.items():
        lake.store.write_bytes(path, name.encode())
    rows = [
        Model(
            name * 64, "m", "nano", weights[name], hashlib.sha256(name.encode()).hexdigest(), "0" * 64, 1, "t", "{}", "c", datetime.now(UTC)
        )
        for name in "abc"
    ]
    receipt = write_shard(lake.location("models", "k" * 64), "shard-00000-of-00001", [table_of(Model, rows)])
    publish_stage(lake, stage="fit", key="k" * 64, rows_in=3, rows_out=3, rejected={}, outputs=[Output("models", {}, [receipt], "append")])
    (good,) = [finding.message for finding in _findings(lake, "good", "models") if "weights" in finding.message]
    assert good == "3 models with their weights"
    assert weights["d"] in _findings(lake, "note", "models")[0].message
    lake.store.delete(weights["a"])
    lake.store.write_bytes(weights["b"], b"x")
    faults = [finding.message for finding in examine_lake(lake, verify=True) if (finding.level, finding.what) == ("fault", "models")]
    assert faults == [
        f"weights of registered models are gone: 1 files ({weights['a']})",
        f"weights differ from what was registered: 1 files ({weights['b']})",
    ]
