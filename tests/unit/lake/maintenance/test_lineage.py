from datetime import UTC, datetime

import pytest

from lake.contracts import Crop, Model
from lake.digests import stage_key
from lake.errors import InputError, MissingTableError
from lake.lake import Lake
from lake.maintenance.lineage import lineage
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import shard_name, write_shard
from lake.schemas import empty_table, table_of
from tests.support.publications import publish_rejects


def _publish_crops(lake: Lake, seed: int) -> None:
    key = stage_key("crop", inputs={"rejects": lake.snapshot("rejects").content}, spec={"seed": seed})
    write_shard(lake.location("crops", key), shard_name(0, 1), [empty_table(Crop)])
    publish_stage(lake, stage="crop", key=key, rows_in=1, rows_out=1, rejected={}, outputs=[Output("crops")])


def _publish_model(lake: Lake, digest: str) -> None:
    crops = lake.snapshot("crops")
    lake.tag("crops", crops.snapshot_id, f"model-{digest}")
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    told = ("u2netp", "u2netp", "models/x", "f" * 64, crops.content, crops.snapshot_id, f"model-{digest}", "{}", "c0ffee")
    key = stage_key("fit", inputs={"crops": crops.content}, spec={"model": digest})
    receipt = write_shard(lake.location("models", key), shard_name(0, 1), [table_of(Model, [Model(digest, *told, moment)])])
    outputs = [Output("models", {}, [receipt], "append")]
    publish_stage(lake, stage="fit", key=key, rows_in=1, rows_out=1, rejected={}, outputs=outputs)


def test_a_model_leads_back_to_the_exports_of_the_night_it_was_trained_on(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    first = lake.snapshot("rejects")
    _publish_crops(lake, 1)
    crops = lake.snapshot("crops")
    _publish_model(lake, "abcd" * 16)
    publish_rejects(lake, "b", [2])
    _publish_crops(lake, 2)
    found = lineage(lake, "abcd")
    assert (found.kind, found.name, found.details["commit"]) == ("model", "abcd" * 16, "c0ffee")
    (table,) = found.sources
    assert (table.name, table.details["snapshot"]) == ("crops", crops.snapshot_id)
    (stage,) = table.sources
    assert (stage.kind, stage.name, stage.details["settings"]) == ("stage", "crop", {"seed": 1})
    (rejects,) = stage.sources
    assert (rejects.name, rejects.details["snapshot"]) == ("rejects", first.snapshot_id)
    (ingest,) = rejects.sources
    (export,) = ingest.sources
    assert (export.kind, export.name, export.details) == ("input", "export", {"content": "a"})
    assert "    stage crop: part *, key " in "\n".join(found.lines())
    assert "      table rejects: " in "\n".join(found.lines())
    assert ingest.details["part"] == "source=a/stage=ingest"


def test_a_table_of_several_parts_leads_back_to_each_publication(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "b", [2])
    publish_rejects(lake, "a", [3])
    found = lineage(lake, "rejects")
    assert sorted(stage.sources[0].details["content"] for stage in found.sources) == ["a", "b"]
    earlier = lineage(lake, "rejects", as_of=min(s.snapshot_id for s in lake.table("rejects").metadata.snapshots))
    assert earlier.kind == "table"


def test_an_input_whose_snapshot_is_not_kept_is_named_with_its_content(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    _publish_crops(lake, 1)
    content = lake.snapshot("rejects").content
    first = lake.snapshot("rejects").snapshot_id
    publish_rejects(lake, "b", [2])
    lake.table("rejects").maintenance.expire_snapshots().by_id(first).commit()
    (stage,) = lineage(lake, "crops").sources
    assert stage.sources[0].details == {"content": content, "snapshot": "not kept"}


def test_what_is_neither_a_table_nor_a_model_is_refused(lake: Lake) -> None:
    with pytest.raises(InputError, match="'abcd' is the name of 0 models and of no table"):
        lineage(lake, "abcd")
    with pytest.raises(MissingTableError, match="'crops' has not been published"):
        lineage(lake, "crops")
