import math

import numpy as np
import pyarrow as pa
import pytest

from evaluation.gate.documents import Inputs, failing, outcome_of, verdict_document, verdict_id
from evaluation.gate.gates import Gates
from evaluation.gate.verdicts import RuleResult, judge_scores
from evaluation.scores.paired import PairedScores, pair
from lake.errors import EmptyCheckError, InputError

METRIC = "edge_overlap_f_r2"


def scores(candidate: np.ndarray, champion: np.ndarray, *, box: float = 0.3, metric: str = METRIC) -> dict[str, PairedScores]:
    """Two domains of equal size, two instances an image."""
    count = len(candidate)
    crops = pa.table(
        {"crop_id": [f"{row:05d}" for row in range(count)], "domain": ["near" if row < count // 2 else "far" for row in range(count)]}
    )
    values = {"new": candidate, "old": champion, "floor-box": np.full(count, box), "floor-ellipse": np.full(count, box)}
    return {metric: PairedScores(metric, crops, np.arange(count) // 2, values)}


def gates(*rules: dict[str, object], **settings: object) -> Gates:
    return Gates.model_validate(
        {"min_instances": 20, "rules": [{"stratum": "all", "metric": METRIC, **rule} for rule in rules], **settings}
    )


def by_stratum(results: list[RuleResult]) -> dict[str, str]:
    return {result.stratum: result.outcome for result in results}


RNG = np.random.default_rng(0)
OLD = np.clip(RNG.normal(0.6, 0.1, 800), 0, 1)


def test_a_better_candidate_passes() -> None:
    found = judge_scores(gates({"margin": 0.02}), scores(OLD + 0.03 + RNG.normal(0, 0.05, 800), OLD), "new", "old")
    assert outcome_of(found) == "PASS"
    assert failing(found) == []


def test_a_drop_in_one_stratum_fails_and_is_named_although_the_mean_rises() -> None:
    change = np.where(np.arange(800) < 400, 0.08, -0.05) + RNG.normal(0, 0.1, 800)
    found = judge_scores(gates({}, {"stratum": "domain=*"}), scores(OLD + change, OLD), "new", "old")
    assert by_stratum(found) == {"all": "PASS", "domain=near": "PASS", "domain=far": "FAIL"}
    assert [item["stratum"] for item in failing(found)] == ["domain=far"]
    assert "regressed by -" in failing(found)[0]["why"]


def test_a_regression_may_only_inform() -> None:
    change = np.full(800, -0.004) + RNG.normal(0, 0.01, 800)
    informed = judge_scores(gates({"margin": 0.02, "any_regression": "inform"}), scores(OLD + change, OLD), "new", "old")
    blocked = judge_scores(gates({"margin": 0.02}), scores(OLD + change, OLD), "new", "old")
    assert (outcome_of(informed), outcome_of(blocked)) == ("PASS", "FAIL")


def test_a_small_stratum_is_inconclusive_whatever_its_mean() -> None:
    rows = slice(0, 16)
    found = judge_scores(gates({}), scores(OLD[rows] + 0.1, OLD[rows]), "new", "old")
    assert outcome_of(found) == "INCONCLUSIVE"
    assert "16 instances, the rule needs 20" in found[0].why


def test_a_noisy_stratum_that_cannot_see_its_margin_is_inconclusive_and_says_so() -> None:
    found = judge_scores(gates({"margin": 0.01}), scores(OLD + RNG.normal(0, 0.9, 800), OLD), "new", "old")
    assert outcome_of(found) == "INCONCLUSIVE"
    assert "can be seen and the margin is 1.00" in found[0].why


def test_not_a_number_never_passes() -> None:
    broken = OLD.copy()
    broken[5] = math.nan
    found = judge_scores(gates({"beats": ["box"]}), scores(broken, OLD), "new", "old")
    assert (outcome_of(found), found[0].why) == ("FAIL", "1 of 800 values of new are not numbers")


def test_a_stratum_named_in_full_that_is_missing_never_passes() -> None:
    found = judge_scores(gates({"stratum": "domain=moon"}, {}), scores(OLD + 0.1, OLD), "new", "old")
    assert by_stratum(found)["domain=moon"] == "FAIL"
    assert "no scored crop lies in this stratum" in found[0].why


def test_a_pattern_that_matches_nothing_is_an_error() -> None:
    with pytest.raises(EmptyCheckError, match="never evaluated would pass in silence"):
        judge_scores(gates({"stratum": "domain=m*"}), scores(OLD, OLD), "new", "old")


def test_a_first_model_is_judged_by_baselines() -> None:
    rules = gates({"beats": ["box", "ellipse"]}, {"stratum": "domain=*"})
    assert by_stratum(judge_scores(rules, scores(OLD, OLD), "new", None)) == {"all": "PASS"}
    assert by_stratum(judge_scores(rules, scores(OLD, OLD, box=0.7), "new", None)) == {"all": "FAIL"}
    assert by_stratum(judge_scores(rules, scores(OLD, OLD, box=float(OLD.mean())), "new", None)) == {"all": "INCONCLUSIVE"}


def test_a_first_model_that_no_rule_can_judge_is_an_error() -> None:
    with pytest.raises(EmptyCheckError, match="no rule judges a first model"):
        judge_scores(gates({}), scores(OLD, OLD), "new", None)


def test_an_absolute_floor_is_held_against_the_interval() -> None:
    for least, outcome in ((0.55, "PASS"), (0.65, "FAIL"), (float(OLD.mean()), "INCONCLUSIVE")):
        assert outcome_of(judge_scores(gates({"least": least}), scores(OLD, OLD), "new", None)) == outcome


def test_errors_are_better_when_lower() -> None:
    rule = {"metric": "mae", "least": 0.7, "margin": 0.02}
    better = judge_scores(gates(rule), scores(OLD - 0.1, OLD, metric="mae"), "new", "old")
    worse = judge_scores(gates(rule), scores(OLD + 0.1, OLD, metric="mae"), "new", "old")
    assert (outcome_of(better), outcome_of(worse)) == ("PASS", "FAIL")


def test_the_same_model_passes_against_itself() -> None:
    assert outcome_of(judge_scores(gates({}, {"stratum": "domain=*"}), scores(OLD, OLD), "new", "old")) == "PASS"


def test_a_document_is_the_same_bytes_for_the_same_scores_and_seals_its_text() -> None:
    rules, paired = gates({"beats": ["box"]}), scores(OLD + RNG.normal(0, 0.05, 800), OLD)
    inputs = Inputs("new", "old", "c" * 64, {"new": "1", "old": "2"}, 7)
    documents = [verdict_document(rules, inputs, judge_scores(rules, paired, "new", "old")) for _ in range(2)]
    assert documents[0] == documents[1]
    assert verdict_id(documents[0]) != verdict_id(documents[0].replace("INCONCLUSIVE", "PASS").replace("FAIL", "PASS") + " ")


def rows_of(model: str, crops: list[str]) -> pa.Table:
    count = len(crops)
    flags = {"owns_centre": [True] * count, "seen": [True] * count}
    texts = {name: ["x"] * count for name in ("domain", "customer", "class_id", "size", "thinness", "crowding")}
    columns = {
        "model": [model] * count,
        "crop_id": crops,
        "image_id": crops,
        **texts,
        **flags,
        "metric": [METRIC] * count,
        "value": [0.5] * count,
    }
    return pa.table(columns)


def test_models_scored_on_different_crops_are_not_compared() -> None:
    same = pa.concat_tables([rows_of("new", ["2", "1"]), rows_of("old", ["1", "2"])])
    assert pair(same, ["new", "old"], METRIC).values["old"].tolist() == [0.5, 0.5]
    with pytest.raises(InputError, match="scored on different crops"):
        pair(pa.concat_tables([rows_of("new", ["1", "2"]), rows_of("old", ["1", "3"])]), ["new", "old"], METRIC)
    with pytest.raises(InputError, match="has no scores"):
        pair(rows_of("new", ["1"]), ["new", "old"], METRIC)
    with pytest.raises(InputError, match="two scores of one crop"):
        pair(rows_of("new", ["1", "1"]), ["new"], METRIC)
