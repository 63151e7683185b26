"""From crops and predictions in a lake to a promoted champion, without Spark."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evaluation.gate.documents import is_sealed, verdict_id
from evaluation.gate.plan import plan_gate
from evaluation.gate.promote import rollback
from evaluation.gate.registry import Registry
from evaluation.gate.replay import replay_verdict
from lake.configuration import EvaluationSpec, Pipeline, TracingSpec
from lake.contracts import Crop, Model, Verdict
from lake.digests import canonical_json, stage_key
from lake.errors import ConfigurationError, ContractError, GateRefusalError, InputError
from lake.frozen import evaluated_lake, freeze
from lake.lake import Lake
from lake.maintenance.gc import gc
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import write_shard
from lake.schemas import table_of
from tests.support.judged_lake import (
    GATES,
    invented_crops,
    invented_pipeline,
    model_digest,
    publish_balance,
    publish_crops,
    publish_predictions,
)
from tests.support.stages import judge, promote, report, score

FIRST, BETTER, WORSE = (model_digest(name) for name in ("first", "better", "worse"))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return invented_pipeline(tmp_path_factory.mktemp("judged"))


@pytest.fixture(scope="module")
def crops() -> list[Crop]:
    return invented_crops(empty_truths=2)


@pytest.fixture(scope="module")
def lake(pipeline: Pipeline, crops: list[Crop]) -> Lake:
    lake = publish_crops(pipeline, crops)
    registry = Registry(lake.database_url)
    for model, wobble, worse in ((FIRST, 1.0, {}), (BETTER, 0.8, {}), (WORSE, 0.8, {"retail": 4.0})):
        registry.register(model, "invented")
        publish_predictions(pipeline, crops, model, wobble=wobble, worse=worse)
    return lake


def test_scoring_conserves_crops_and_is_done_once(pipeline: Pipeline, lake: Lake) -> None:
    first = score(pipeline, FIRST)
    assert (first.rows_in, first.rows_out, dict(first.rejected)) == (72, 70, {"empty-truth": 2})
    assert lake.read("rejects", where={"stage": "score", "source": FIRST}).num_rows == 2
    assert 0.5 < first.details["f_max"] <= 1
    again = score(pipeline, FIRST)
    assert again.skipped and again.rows_out == 70
    assert set(lake.read("scores", columns=["model"]).column("model").unique().to_pylist()) == {
        FIRST, "floor-box", "floor-ellipse", "ceiling-half", "ceiling-quarter", "ceiling-eighth",
    }  # fmt: skip


def test_ceilings_stand_above_floors(pipeline: Pipeline, lake: Lake) -> None:
    score(pipeline, FIRST)
    rows = lake.read("scores", columns=["model", "value"], where={"metric": "edge_overlap_f_r2"})
    mean = {row["model"]: row["value_mean"] for row in rows.group_by("model").aggregate([("value", "mean")]).to_pylist()}
    assert mean["ceiling-half"] > mean["ceiling-quarter"] > mean["ceiling-eighth"]
    assert mean["ceiling-half"] > mean["floor-ellipse"] > mean["floor-box"] - 0.2


def test_a_model_without_predictions_or_scores_is_refused(pipeline: Pipeline, lake: Lake) -> None:
    with pytest.raises(InputError, match="has no predictions"):
        score(pipeline, model_digest("unknown"))
    with pytest.raises(InputError, match="has no scores of its present predictions"):
        judge(pipeline, BETTER)


def test_promotion_goes_by_the_verdict(pipeline: Pipeline, lake: Lake) -> None:
    for model in (FIRST, BETTER, WORSE):
        score(pipeline, model)
    with pytest.raises(GateRefusalError, match="has no verdict against the baselines"):
        promote(pipeline, FIRST)
    judged = judge(pipeline, FIRST)
    assert (judged.details["outcome"], judged.details["champion"]) == ("PASS", None)
    assert promote(pipeline, FIRST).details["before"] is None

    assert judge(pipeline, FIRST).skipped and promote(pipeline, FIRST).skipped

    failed = judge(pipeline, WORSE)
    assert failed.details["outcome"] == "FAIL"
    assert failed.details["failing"][0]["stratum"] == "domain=retail"
    with pytest.raises(GateRefusalError, match=r"domain=retail .*regressed by"):
        promote(pipeline, WORSE)
    assert judge(pipeline, WORSE).skipped

    assert judge(pipeline, BETTER).details["outcome"] == "PASS"
    assert promote(pipeline, BETTER).details["champion"] == BETTER
    with pytest.raises(GateRefusalError, match="has no verdict against champion"):
        promote(pipeline, WORSE)
    assert rollback(pipeline).details["champion"] == FIRST
    assert judge(pipeline, BETTER).skipped  # the same verdict as before the rollback
    with pytest.raises(GateRefusalError, match=r"was rolled back .* no verdict has been reached since .* --override"):
        promote(pipeline, BETTER)

    with pytest.raises(ConfigurationError, match="needs a reason"):
        promote(pipeline, WORSE, override="  ")
    promote(pipeline, WORSE, override="retail is retired")
    newest = Registry(lake.database_url).history()[-1]
    assert (newest.action, newest.model, newest.reason) == ("override", WORSE, "retail is retired")


def test_a_verdict_replays_byte_for_byte_after_later_scores_and_other_gates(pipeline: Pipeline, lake: Lake) -> None:
    stored = lake.read("verdicts").to_pylist()
    assert len(stored) >= 3
    pipeline.gates.write_text("rules: [{stratum: all, metric: iou}]", encoding="utf-8")
    for row in stored:
        assert replay_verdict(lake, row["verdict_id"][:20]).document == row["document"]
    pipeline.gates.write_text(GATES, encoding="utf-8")


def test_a_pass_promotes_only_while_crops_gates_and_scores_are_those_it_was_given_for(tmp_path: Path) -> None:
    pipeline, crops = invented_pipeline(tmp_path), invented_crops()
    lake = publish_crops(pipeline, crops)
    Registry(lake.database_url).register(FIRST, "invented")
    publish_predictions(pipeline, crops, FIRST, wobble=0.8)
    score(pipeline, FIRST)
    assert judge(pipeline, FIRST).details["outcome"] == "PASS"

    publish_predictions(pipeline, crops, FIRST, wobble=6.0)
    with pytest.raises(InputError, match="no scores of its present predictions"):
        promote(pipeline, FIRST)
    score(pipeline, FIRST)
    with pytest.raises(GateRefusalError, match="the scores have changed since"):
        promote(pipeline, FIRST)
    publish_predictions(pipeline, crops, FIRST, wobble=0.8)
    score(pipeline, FIRST)

    pipeline.gates.write_text(GATES.replace("0.05}", "0.06}"), encoding="utf-8")
    with pytest.raises(GateRefusalError, match=r"holds no longer: the gates in .*gates.yaml have changed since"):
        promote(pipeline, FIRST)
    judge(pipeline, FIRST)
    pipeline.gates.write_text(GATES, encoding="utf-8")

    publish_crops(pipeline, crops[1:])
    with pytest.raises(GateRefusalError, match="the crops that are evaluated have changed since"):
        promote(pipeline, FIRST)
    assert Registry(lake.database_url).champion() is None
    publish_crops(pipeline, crops)
    lake.tag("crops", lake.snapshot("crops").snapshot_id, "kept")
    publish_crops(pipeline, crops[2:])
    pipeline = pipeline.model_copy(update={"evaluation": EvaluationSpec(splits=("test",), frozen="kept")})
    assert judge(pipeline, FIRST).skipped  # the first verdict of the three is the one of this state
    assert promote(pipeline, FIRST).details["champion"] == FIRST


@pytest.mark.parametrize("column", ["outcome", "champion"])
def test_a_verdict_whose_columns_contradict_its_document_was_altered(column: str) -> None:
    document = canonical_json({"outcome": "FAIL", "inputs": {"candidate": "new", "champion": "old"}})
    verdict = Verdict(verdict_id(document), "new", "old", "FAIL", document, datetime(2026, 1, 1, tzinfo=UTC))
    assert is_sealed(verdict)
    assert not is_sealed(replace(verdict, **{column: "PASS"}))


def test_an_altered_verdict_neither_replays_nor_promotes(tmp_path: Path) -> None:
    pipeline, crops = invented_pipeline(tmp_path), invented_crops(12, 3)
    lake = publish_crops(pipeline, crops)
    publish_predictions(pipeline, crops, WORSE, wobble=6.0)
    Registry(lake.database_url).register(WORSE, "invented")
    score(pipeline, WORSE)
    assert judge(pipeline, WORSE).details["outcome"] != "PASS"
    forged = lake.read("verdicts").to_pylist()[0]
    document = forged["document"].replace("FAIL", "PASS").replace("INCONCLUSIVE", "PASS")
    table = table_of(Verdict, [{**forged, "outcome": "PASS", "document": document}])
    key = stage_key("judge", inputs={}, spec="forged")
    receipt = write_shard(lake.location("verdicts", key), "shard-00000-of-00001", [table])
    publish_stage(lake, stage="judge", key=key, rows_in=1, rows_out=1, rejected={}, outputs=[Output("verdicts", {}, [receipt])])
    with pytest.raises(GateRefusalError, match="does not match its document"):
        promote(pipeline, WORSE)
    with pytest.raises(ContractError, match="was altered"):
        replay_verdict(lake, forged["verdict_id"])
    with pytest.raises(InputError, match="fits 0 of 1"):
        replay_verdict(lake, "nothing")


def test_the_plan_says_before_training_which_strata_are_too_small(tmp_path: Path) -> None:
    pipeline = invented_pipeline(tmp_path, GATES.replace("0.05}", "0.10}").replace("{overall: 0.03", "{overall: 0.05"))
    publish_crops(pipeline, invented_crops(40, 3))
    planned = plan_gate(pipeline)
    strata = {stratum["stratum"]: stratum for stratum in planned.details["strata"]}
    assert planned.rows_in == 120
    assert (strata["all"]["instances"], strata["all"]["images"], strata["all"]["enough"]) == (120, 40, True)
    assert 0.02 < strata["all"]["smallest_visible_drop"] < 0.05
    assert planned.details["too_small"] == []
    pipeline.gates.write_text("rules: [{stratum: all, metric: iou}, {stratum: domain=moon, metric: iou}]", encoding="utf-8")
    strict = plan_gate(pipeline)
    assert strict.details["too_small"] == ["all", "domain=moon"]
    assert 1000 < strict.details["strata"][0]["needed"] < 1400


def test_the_report_stands_alone_and_is_written_once(pipeline: Pipeline, lake: Lake) -> None:
    score(pipeline, FIRST)
    judge(pipeline, FIRST)
    publish_balance(lake)
    made = report(pipeline)
    page = lake.store.read_bytes(made.details["path"]).decode()
    assert report(pipeline).skipped
    rollback(pipeline)
    assert not report(pipeline).skipped
    for forbidden in ("http://", "https://", "<link", ' src="/', "@import"):
        assert forbidden not in page
    assert page.index('id="verdict"') < page.index('id="strata"') < page.index('id="crops"') < page.index('id="balance"')


def test_predictions_of_other_crops_are_refused(tmp_path: Path) -> None:
    pipeline, crops = invented_pipeline(tmp_path, GATES), invented_crops(6, 2)
    publish_crops(pipeline, crops)
    publish_predictions(pipeline, crops[:-1], FIRST, wobble=1.0)
    with pytest.raises(InputError, match="1 of 12 crops have no prediction, 0 predictions are of other crops"):
        score(pipeline, FIRST)
    publish_crops(pipeline, crops[1:])
    publish_predictions(pipeline, crops, FIRST, wobble=1.0)
    with pytest.raises(InputError, match="0 of 11 crops have no prediction, 1 predictions are of other crops"):
        score(pipeline, FIRST)


def test_scores_go_stale_with_their_crops(tmp_path: Path) -> None:
    pipeline, crops = invented_pipeline(tmp_path, GATES), invented_crops(6, 2)
    publish_crops(pipeline, crops)
    publish_predictions(pipeline, crops, FIRST, wobble=1.0)
    score(pipeline, FIRST)
    publish_crops(pipeline, crops[1:])
    with pytest.raises(InputError, match="has no scores of its present predictions on the present crops"):
        judge(pipeline, FIRST)


def test_other_tracing_prices_give_other_scores_under_another_key(tmp_path: Path) -> None:
    pipeline, crops = invented_pipeline(tmp_path), invented_crops(6, 2)
    lake = publish_crops(pipeline, crops)
    publish_predictions(pipeline, crops, FIRST, wobble=1.0)
    dear = pipeline.evaluation.model_copy(update={"tracing": TracingSpec(outline_s=90, click_s=1)})
    first, second = score(pipeline, FIRST), score(pipeline.model_copy(update={"evaluation": dear}), FIRST)
    assert first.key != second.key and not second.skipped
    seconds = lake.read("scores", columns=["value"], where={"model": "floor-box", "metric": "tracing_s"}).column("value").to_pylist()
    assert 63 < max(seconds) <= 91
    with pytest.raises(InputError, match="has no scores of its present predictions"):
        judge(pipeline, FIRST)


def test_frozen_crops_judge_models_whatever_is_cropped_later(tmp_path: Path) -> None:
    pipeline, crops = invented_pipeline(tmp_path), invented_crops(12, 3)
    frozen = pipeline.model_copy(update={"evaluation": EvaluationSpec(frozen="test-1")})
    lake = publish_crops(pipeline, crops)
    with pytest.raises(InputError, match=r"'test-1', which is no tag of crops; .*centrepiece freeze PIPELINE test-1"):
        plan_gate(frozen)
    pinned = freeze(lake, "test-1")
    publish_predictions(pipeline, crops, FIRST, wobble=1.0)
    publish_model(lake, FIRST)
    score(frozen, FIRST)
    outcome = judge(frozen, FIRST).details["outcome"]
    assert {row["seen"] for row in scores_of(lake, FIRST)} == {True, False}

    publish_crops(pipeline, invented_crops(20, 3, seed=5)[::-1])
    publish_balance(lake)
    gc(lake, dry_run=False, keep=timedelta(0))
    with pytest.raises(InputError, match="has no scores of its present predictions on the present crops"):
        judge(pipeline, FIRST)
    assert score(frozen, FIRST).skipped and judge(frozen, FIRST).skipped
    Registry(lake.database_url).register(FIRST, "invented")
    assert promote(frozen, FIRST).details["champion"] == FIRST
    assert (plan_gate(frozen).rows_in, plan_gate(pipeline).rows_in) == (36, 60)
    page = lake.store.read_bytes(report(frozen).details["path"]).decode()
    assert outcome in page and "It is the champion: it became version 1 on" in page
    with pytest.raises(InputError, match="tags do not move"):
        freeze(lake, "test-1")
    assert evaluated_lake(frozen).snapshot("crops").content == pinned.content != evaluated_lake(pipeline).snapshot("crops").content
    assert evaluated_lake(frozen, as_of="train-" + FIRST[:8]).snapshot("crops").content == pinned.content

    publish_predictions(pipeline, crops, BETTER, wobble=0.5)
    publish_model(lake, BETTER)  # trained on the later crops, whose only training crop is of another class
    score(frozen, BETTER)
    before, after = ({row["class_id"] for row in scores_of(lake, model) if row["seen"]} for model in (FIRST, BETTER))
    assert before == {crops[0].class_id} and before.isdisjoint(after)


def scores_of(lake: Lake, model: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = lake.read("scores", columns=["class_id", "seen"], where={"model": model}).to_pylist()
    return rows


def publish_model(lake: Lake, model: str) -> None:
    snapshot, now = lake.snapshot("crops"), datetime.now(UTC)
    row = Model(model, "invented", "nano", "none", "0" * 64, snapshot.content, snapshot.snapshot_id, "none", "{}", "unknown", now)
    lake.tag("crops", snapshot.snapshot_id, f"train-{model[:8]}")
    key = stage_key("fit", inputs={}, spec=model)
    receipt = write_shard(lake.location("models", key), "shard-00000-of-00001", [table_of(Model, [row])])
    outputs = [Output("models", {}, [receipt], "append")]
    publish_stage(lake, stage="fit", key=key, rows_in=1, rows_out=1, rejected={}, outputs=outputs)
