"""The score stage: predictions joined to crops become `scores`, on Spark's workers, or in this process for small sets."""

import json
import time
from collections.abc import Sequence
from functools import partial, reduce
from typing import Literal

from evaluation.scores.curves import Curves, curves_path, no_curves, summary
from evaluation.scores.keys import metric_spec, score_key, score_targets, trained_on
from evaluation.scores.robustness import jittered_name
from evaluation.scores.scoring import REFERENCES, ScoreSetup
from jobs.score.tasks import Scoring, TaskOutcome, plan_tasks, run_task, seen_classes
from jobs.spark.session import spark_session
from jobs.spark.tasks import run_tasks
from lake.configuration import Pipeline
from lake.frozen import evaluated_lake
from lake.lake import Lake
from lake.publishing.publish import Output, publish_stage, skipped_report
from lake.publishing.shards import Receipt
from lake.publishing.snapshots import AsOf
from lake.publishing.stage_report import StageReport
from lake.reasons import Reason

SMALL_SET = 4096
"""Crops up to which starting Spark costs more than scoring them here."""

Engine = Literal["auto", "spark", "local"]


def score(pipeline: Pipeline, model: str, *, as_of: AsOf = None, engine: Engine = "auto") -> StageReport:
    """Score a model's predictions on the crops of `evaluation.splits`, and the floors and ceilings beside it.

    Args:
        pipeline: The pipeline.
        model: Digest of a model that has predicted.
        as_of: Of the crops; the model's predictions are those that stand, which must be of these crops.
        engine: Where the tasks run; either gives the same rows in the same files.

    Raises:
        InputError: The predictions are missing, or were made on other crops than the present ones.
    """
    lake = evaluated_lake(pipeline, as_of)
    jittered = [jittered_name(model, jitter) for jitter in pipeline.evaluation.jitters]
    names = (model, *REFERENCES, *jittered)
    reports = {name: report for name in names if (report := _committed(lake, pipeline, name)) is not None}
    pending = [name for name in names if name not in reports and name not in jittered]
    for group in (pending, *([name] for name in jittered if name not in reports)):
        if group:
            reports |= _score(lake, pipeline, group, engine)
    return reports[model]


def _committed(lake: Lake, pipeline: Pipeline, model: str) -> StageReport | None:
    return skipped_report(lake, stage="score", key=score_key(lake, pipeline, model), targets=score_targets(model))


def _score(lake: Lake, pipeline: Pipeline, models: Sequence[str], engine: Engine) -> dict[str, StageReport]:
    """Score a model and what references are missing in one pass over the crops; publish each by itself."""
    started = time.monotonic()
    tasks, spec = plan_tasks(lake, models[0], pipeline.evaluation.splits), metric_spec(pipeline)
    trained = {model: trained_on(lake, model) for model in models}
    seen = {model: seen_classes(lake, crops.snapshot_id if crops else None) for model, crops in trained.items()}
    keys = {model: score_key(lake, pipeline, model) for model in models}
    scorings = [
        Scoring(
            ScoreSetup(model, spec, seen[model]), *(lake.location(table, keys[model], part) for table, part in score_targets(model)[::-1])
        )
        for model in models
    ]
    each = partial(run_task, scorings=scorings)
    small = sum(len(task.crop_ids) for task in tasks) <= SMALL_SET
    if engine == "local" or (engine == "auto" and small):
        outcomes = [each(task) for task in tasks]
    else:
        outcomes = run_tasks(spark_session(pipeline), tasks, each)
    crops, seconds = sum(len(task.crop_ids) for task in tasks), time.monotonic() - started
    return {
        model: _publish(lake, model, keys[model], crops, [outcome[place] for outcome in outcomes], seconds)
        for place, model in enumerate(models)
    }


def _publish(lake: Lake, model: str, key: str, crops: int, outcomes: Sequence[TaskOutcome], seconds: float) -> StageReport:
    rejected = _rows([outcome.rejects for outcome in outcomes])
    curves = reduce(Curves.__add__, (outcome.curves for outcome in outcomes), no_curves())
    details: dict[str, object] = {"model": model, "rows": _rows([outcome.scores for outcome in outcomes])}
    if curves.instances:
        lake.store.write_bytes(curves_path(key), json.dumps(curves.as_json()).encode())
        details |= {"curves": curves_path(key), **summary(curves)}
    rejects, scores = (part for _, part in score_targets(model))
    return publish_stage(
        lake,
        stage="score",
        key=key,
        rows_in=crops,
        rows_out=sum(outcome.crops for outcome in outcomes),
        rejected={Reason.EMPTY_TRUTH.value: rejected} if rejected else {},
        outputs=[
            Output("rejects", rejects, [outcome.rejects for outcome in outcomes]),
            Output("scores", scores, [outcome.scores for outcome in outcomes]),
        ],
        seconds=seconds,
        details=details,
    )


def _rows(receipts: Sequence[Receipt | None]) -> int:
    return sum(receipt.rows for receipt in receipts if receipt is not None)
