"""A candidate that is as good as the champion on the planned boxes, and worse when the boxes are off."""

from pathlib import Path

import pytest

from evaluation.gate.registry import Registry
from evaluation.gate.replay import replay_verdict
from lake.configuration import EvaluationSpec
from lake.errors import ConfigurationError, InputError
from tests.support.judged_lake import invented_crops, invented_pipeline, model_digest, publish_balance, publish_crops, publish_predictions
from tests.support.stages import judge, promote, report, score

STEADY, BRITTLE = model_digest("steady"), model_digest("brittle")
GATES = """min_instances: 10
margin: {overall: 0.05, stratum: 0.05}
rules:
  - {stratum: all, metric: edge_overlap_f, beats: [box]}
  - {stratum: all, metric: edge_overlap_f@worst, beats: [box]}
  - {stratum: all, metric: edge_overlap_f@off-10, beats: [box]}
"""


def test_a_candidate_that_is_worse_under_jittered_boxes_fails_by_the_robust_metric_alone(tmp_path: Path) -> None:
    evaluation = EvaluationSpec(splits=("test",), jitters=("padding-50", "off-10"))
    pipeline = invented_pipeline(tmp_path, GATES).model_copy(update={"evaluation": evaluation})
    crops = invented_crops(16, 3)
    lake = publish_crops(pipeline, crops)
    for model, jittered in ((STEADY, 1.0), (BRITTLE, 4.0)):
        Registry(lake.database_url).register(model, "invented")
        publish_predictions(pipeline, crops, model, wobble=1.0)
        if model == STEADY:
            with pytest.raises(InputError, match="has no predictions"):
                score(pipeline, model)
        publish_predictions(pipeline, crops, f"{model}@padding-50", wobble=1.0, seed=2)
        publish_predictions(pipeline, crops, f"{model}@off-10", wobble=jittered, seed=3)
        score(pipeline, model)
    assert judge(pipeline, STEADY).details["outcome"] == "PASS"
    promote(pipeline, STEADY)
    judged = judge(pipeline, BRITTLE)
    assert {item["metric"] for item in judged.details["failing"] if item["outcome"] == "FAIL"} == {
        "edge_overlap_f_r2@worst",
        "edge_overlap_f_r2@off-10",
    }
    assert replay_verdict(lake, judged.details["verdict_id"]).outcome == "FAIL"
    publish_balance(lake)
    page = lake.store.read_bytes(report(pipeline).details["path"]).decode()
    curves = page[page.index('<section id="robustness">') : page.index('<section id="slices">')]
    assert all(label in curves for label in (">half pad<", ">labelled<", ">10 % off<", "All crops, boxes off the centre"))
    assert "boxes drawn roughly" not in curves
    for stratum in ("all", "domain=retail", "class=cat", "owns_centre=true"):
        assert f'<bdi class="name" title="{stratum}">' in curves


def test_a_robust_metric_without_jittered_scores_or_with_an_unknown_jitter_is_refused(tmp_path: Path) -> None:
    pipeline, crops = invented_pipeline(tmp_path, GATES), invented_crops(6, 2)
    publish_crops(pipeline, crops)
    publish_predictions(pipeline, crops, STEADY, wobble=1.0)
    score(pipeline, STEADY)
    with pytest.raises(InputError, match="needs scores under jittered boxes"):
        judge(pipeline, STEADY)
    pipeline.gates.write_text("rules: [{stratum: all, metric: iou@sideways, beats: [box]}]", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="names no jitter"):
        judge(pipeline, STEADY)
