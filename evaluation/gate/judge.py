"""The judge stage: a candidate's scores and the gates become one row of `verdicts`."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from evaluation.gate.documents import Inputs, verdict_document, verdict_id
from evaluation.gate.gates import Gates, load_gates
from evaluation.gate.registry import Registry
from evaluation.gate.verdicts import judge_scores
from evaluation.scores.keys import metric_spec, score_key, score_targets
from evaluation.scores.paired import read_paired
from evaluation.scores.robustness import jittered_name
from evaluation.scores.scoring import REFERENCES
from lake.configuration import Pipeline
from lake.contracts import Verdict
from lake.digests import stage_key
from lake.errors import InputError
from lake.frozen import evaluated_lake
from lake.lake import Lake
from lake.publishing.publish import Output, is_committed, publish_stage, skipped_report
from lake.publishing.shards import write_shard
from lake.publishing.snapshots import AsOf
from lake.publishing.stage_report import StageReport
from lake.schemas import table_of

JUDGING_VERSION = 2
"""Raised when the same scores and gates give another verdict."""


def judge(pipeline: Pipeline, candidate: str, champion: str | None = None, *, as_of: AsOf = None) -> StageReport:
    """Judge a candidate by the gates, against the champion or, where there is none, against floors alone.

    The report's details hold `outcome`, `verdict_id`, `candidate`, `champion` and `failing`; a FAIL is no exception. The present
    champion, judged again, keeps the verdict that it was last given.

    Args:
        pipeline: The pipeline; its gates are read.
        candidate: Digest of a scored model.
        champion: Digest of the model to compare with; None is the registry's champion.
        as_of: Of the crops; predictions and scores are those that stand, which must be of these crops.

    Raises:
        InputError: A model has no scores on the present crops.
        EmptyCheckError: A rule matched no stratum, or none judges a first model.
    """
    started = time.monotonic()
    lake = evaluated_lake(pipeline, as_of)
    gates = load_gates(pipeline.gates, metric_spec(pipeline))
    present = Registry(lake.database_url).champion()
    against = champion or present
    if against == candidate:
        if (known := _last_verdict(lake, candidate)) is not None:
            return known
        against = None
    inputs = present_inputs(lake, pipeline, candidate, against)
    key = stage_key(
        "judge",
        inputs={"crops": inputs.crops, **inputs.scores},
        spec={"candidate": candidate, "champion": against, "gates": gates},
        version=JUDGING_VERSION,
    )
    if (done := skipped_report(lake, stage="judge", key=key, targets=[("verdicts", {})])) is not None:
        return done
    document = reach_verdict(lake, gates, inputs)
    return _publish(lake, key, document, time.monotonic() - started)


def present_inputs(lake: Lake, pipeline: Pipeline, candidate: str, against: str | None) -> Inputs:
    """Return what a judgement of a candidate would be reached from now.

    Args:
        lake: Holds the crops and scores.
        pipeline: Its evaluation settings say what must be scored.
        candidate: Digest of the model to judge.
        against: Digest of the model to compare with; None for floors alone.

    Raises:
        InputError: A model has no scores of its present predictions on the present crops.
    """
    compared = [candidate, *([against] if against else [])]
    jittered = [jittered_name(model, jitter) for model in compared for jitter in pipeline.evaluation.jitters]
    models = [*compared, *REFERENCES, *jittered]
    for model in models:
        _check_scored(lake, pipeline, model)
    return Inputs(
        candidate,
        against,
        lake.snapshot("crops").content,
        {model: lake.snapshot("scores", part={"model": model}).content for model in models},
        lake.snapshot("scores").snapshot_id,
    )


def reach_verdict(lake: Lake, gates: Gates, inputs: Inputs) -> str:
    """Return the verdict document over the scores as of the inputs' snapshot: judging and replaying are this alone."""
    metrics = sorted({rule.metric for rule in gates.rules})
    scores = read_paired(lake, list(inputs.scores), metrics, as_of=inputs.scores_snapshot)
    return verdict_document(gates, inputs, judge_scores(gates, scores, inputs.candidate, inputs.champion))


def _check_scored(lake: Lake, pipeline: Pipeline, model: str) -> None:
    if not is_committed(lake, score_key(lake, pipeline, model), score_targets(model)):
        raise InputError(
            f"model {model[:24]} has no scores of its present predictions on the present crops; run "
            f"`centrepiece predict` and `centrepiece score` with --model {model[:12]}"
        )


def _publish(lake: Lake, key: str, document: str, seconds: float) -> StageReport:
    found = json.loads(document)
    row = Verdict(
        verdict_id=verdict_id(document),
        candidate=found["inputs"]["candidate"],
        champion=found["inputs"]["champion"],
        outcome=found["outcome"],
        document=document,
        judged_at=datetime.now(UTC),
    )
    # The snapshot stays readable for as long as the verdict can be asked how it came about.
    lake.tag("scores", found["inputs"]["scores_snapshot"], f"verdict-{row.verdict_id[:16]}")
    receipt = write_shard(lake.location("verdicts", key, {}), "shard-00000-of-00001", [table_of(Verdict, [row])])
    return publish_stage(
        lake,
        stage="judge",
        key=key,
        rows_in=1,
        rows_out=1,
        rejected={},
        outputs=[Output("verdicts", {}, [receipt], mode="append")],
        seconds=seconds,
        details=_details(row, found),
    )


def _details(row: Verdict, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "outcome": row.outcome,
        "verdict_id": row.verdict_id,
        "candidate": row.candidate,
        "champion": row.champion,
        "rules": len(document["gates"]["rules"]),
        "results": len(document["results"]),
        "failing": document["failing"],
    }


def _last_verdict(lake: Lake, candidate: str) -> StageReport | None:
    """Return the newest verdict on a model as the report of a stage that had nothing to do."""
    if not lake.has("verdicts"):
        return None
    rows = lake.read("verdicts", where={"candidate": candidate}).sort_by("judged_at").to_pylist()
    if not rows:
        return None
    newest = Verdict(**rows[-1])
    details = _details(newest, json.loads(newest.document))
    return StageReport("judge", newest.verdict_id, True, 1, 1, {}, {"verdicts": lake.snapshot("verdicts").snapshot_id}, 0.0, details)
