"""The score stage: predictions joined to crops become `scores`, on Spark's workers, or in this process for small sets."""

import json
import time
from collections.abc import Sequence
from functools import partial, reduce
from typing import Literal

from evaluation.curves import Curves, no_curves, summary
from evaluation.score_keys import metric_spec, score_key, score_targets
from evaluation.scoring import REFERENCES, ScoreSetup
from jobs.scores import ScorePlaces, ScoreTask, TaskOutcome, plan_tasks, run_task, seen_classes
from jobs.spark.session import spark_session
from lake.configuration import Pipeline
from lake.lake import Lake, open_lake
from lake.publishing import Output, publish_stage, skipped_report
from lake.reasons import Reason
from lake.stage_report import StageReport

SMALL_SET = 4096
"""Crops up to which starting Spark costs more than scoring them here."""

Engine = Literal["auto", "spark", "local"]


def score(pipeline: Pipeline, model: str, *, engine: Engine = "auto") -> StageReport:
    """Score a model's predictions on the crops of `evaluation.splits`, and the floors and ceilings beside it.

    Args:
        pipeline: The pipeline.
        model: Digest of a model that has predicted.
        engine: Where the tasks run; either gives the same rows in the same files.

    Raises:
        InputError: The predictions are missing, or were made on other crops than the present ones.
    """
    lake = open_lake(pipeline)
    report = _score_one(lake, pipeline, model, engine)
    for reference in REFERENCES:
        _score_one(lake, pipeline, reference, engine)
    return report


def curves_path(key: str) -> str:
    """Return where the curves of a scoring stand in the store."""
    return f"reports/curves/{key}.json"


def _score_one(lake: Lake, pipeline: Pipeline, model: str, engine: Engine) -> StageReport:
    started = time.monotonic()
    key = score_key(lake, pipeline, model)
    targets = score_targets(model)
    if (done := skipped_report(lake, stage="score", key=key, targets=targets)) is not None:
        return done
    tasks = plan_tasks(lake, model, pipeline.evaluation.splits)
    setup = ScoreSetup(model, metric_spec(pipeline), seen_classes(lake))
    places = ScorePlaces(lake.place("scores", key, {"model": model}), lake.place("rejects", key, dict(targets[0][1])))
    outcomes = _run(pipeline, tasks, setup, places, engine)
    scored, rejected = sum(outcome.crops for outcome in outcomes), _rows([outcome.rejects for outcome in outcomes])
    curves = reduce(Curves.__add__, (outcome.curves for outcome in outcomes), no_curves())
    details: dict[str, object] = {"model": model, "rows": _rows([outcome.scores for outcome in outcomes])}
    if curves.instances:
        lake.store.write_bytes(curves_path(key), json.dumps(curves.as_json()).encode())
        details |= {"curves": curves_path(key), **summary(curves)}
    return publish_stage(
        lake,
        stage="score",
        key=key,
        rows_in=sum(len(task.crop_ids) for task in tasks),
        rows_out=scored,
        rejected={Reason.EMPTY_TRUTH.value: rejected} if rejected else {},
        outputs=[
            Output("rejects", targets[0][1], [outcome.rejects for outcome in outcomes]),
            Output("scores", targets[1][1], [outcome.scores for outcome in outcomes]),
        ],
        seconds=time.monotonic() - started,
        details=details,
    )


def _run(pipeline: Pipeline, tasks: Sequence[ScoreTask], setup: ScoreSetup, places: ScorePlaces, engine: Engine) -> list[TaskOutcome]:
    each = partial(run_task, setup=setup, places=places)
    small = sum(len(task.crop_ids) for task in tasks) <= SMALL_SET
    if engine == "local" or (engine == "auto" and small):
        return [each(task) for task in tasks]
    context = spark_session(pipeline).sparkContext
    outcomes: list[TaskOutcome] = context.parallelize(tasks, len(tasks)).map(each).collect()
    return outcomes


def _rows(receipts: Sequence[object]) -> int:
    return sum(getattr(receipt, "rows", 0) for receipt in receipts)
