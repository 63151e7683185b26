"""Crops as they were, a model that is newer, and its predictions, scores, verdict and report on them."""

import time
from pathlib import Path

import pytest

from evaluation.gate.plan import plan_gate
from evaluation.gate.registry import Registry
from evaluation.report.report import PATH
from lake.errors import InputError, MissingTableError
from tests.support.judged_lake import invented_crops, invented_pipeline, model_digest, publish_balance, publish_crops, publish_predictions
from tests.support.stages import judge, report, score

MODEL = model_digest("new")


def test_a_model_is_scored_judged_and_reported_on_the_crops_of_then(tmp_path: Path) -> None:
    pipeline = invented_pipeline(tmp_path)
    before = invented_crops(images=12, per_image=2)
    lake = publish_crops(pipeline, before)
    then = lake.snapshot("crops")
    lake.tag("crops", then.snapshot_id, "then")
    time.sleep(0.005)
    publish_crops(pipeline, invented_crops(images=9, per_image=2, seed=5))
    Registry(lake.database_url).register(MODEL, "invented")
    publish_predictions(pipeline, before, MODEL, wobble=0.8)

    with pytest.raises(InputError, match=r"predict"):
        score(pipeline, MODEL)
    assert score(pipeline, MODEL, as_of="then").rows_in == len(before)
    assert score(pipeline, MODEL, as_of=then.committed_at).skipped
    with pytest.raises(InputError, match="has no scores of its present predictions on the present crops"):
        judge(pipeline, MODEL)
    assert judge(pipeline, MODEL, as_of="then").details["results"] > 0
    assert plan_gate(pipeline, as_of="then").rows_in == len(before) != plan_gate(pipeline).rows_in

    publish_balance(lake)
    with pytest.raises(MissingTableError, match="nothing to report"):
        report(pipeline, as_of="then")
    now = report(pipeline)
    assert now.details["path"] == PATH
    balanced = lake.snapshot("balance").snapshot_id
    time.sleep(0.005)
    publish_crops(pipeline, before[:20])
    past = report(pipeline, as_of=str(balanced))
    assert past.details["path"] != PATH
    assert past.key == now.key != report(pipeline).key
    assert report(pipeline, as_of=balanced).skipped
