"""A deleted model takes its weights and tags with it; the champion stays, and what can be rolled back to unless forced."""

from datetime import timedelta
from pathlib import Path

import pytest

from evaluation.gate.deletion import delete_model, prune_models
from evaluation.gate.registry import Registry
from lake.errors import ModelError
from lake.lake import open_lake
from lake.maintenance.doctor import examine
from lake.maintenance.gc import gc
from lake.publishing.snapshots import tags
from tests.support.factories import crop_rows, tiny_shots
from tests.support.stages import fit, promote
from tests.support.training_lakes import publish_crops, training_pipeline

NOW = timedelta(0)


def test_a_deleted_model_goes_with_its_tags(tmp_path: Path) -> None:
    pipeline = training_pipeline(tmp_path)
    lake = open_lake(pipeline)
    registry = Registry(lake.database_url)
    first = str(fit(pipeline).details["model"])
    promote(pipeline, first, override="the first")
    publish_crops(pipeline, crop_rows(tiny_shots(images=4)))
    second = str(fit(pipeline).details["model"])
    (tag,) = {row["crops_tag"] for row in lake.read("models").to_pylist() if row["model"] == second}
    publish_crops(pipeline, crop_rows(tiny_shots(images=2)))
    held = gc(lake, dry_run=True).held["crops"]
    assert held[tag] > 0
    with pytest.raises(ModelError, match="is the champion and is not deleted"):
        delete_model(lake, first, force=True)
    with pytest.raises(ModelError, match="is the candidate; give --force"):
        delete_model(lake, second)
    deletion = delete_model(lake, second, force=True)
    assert deletion.tags == (tag,) and tag not in tags(lake.state("crops")) and sum(deletion.removed.values()) > 0
    assert (registry.models(), registry.aliases()) == ([first], {"champion": first})
    assert lake.read("models")["model"].to_pylist() == [first]
    freed = sum(gc(lake, dry_run=False, keep=NOW, grace=NOW).removed.values())
    assert freed >= held[tag]
    assert [finding for finding in examine(pipeline, verify=True) if finding.level == "fault"] == []


def test_pruning_leaves_the_newest_and_those_that_are_named(tmp_path: Path) -> None:
    pipeline = training_pipeline(tmp_path)
    registry = Registry(open_lake(pipeline).database_url)
    digests = [f"{number}" * 64 for number in range(5)]
    for model in digests:
        registry.register(model, "invented")
    registry.promote(digests[0], compared_with=None)
    assert [deletion.model for deletion in prune_models(open_lake(pipeline), keep=2)] == digests[1:3]
    assert registry.models() == [digests[0], *digests[3:]]
