"""Score: a model's predictions graded crop by crop in `scores`, beside the baselines and ceilings that need no model."""

import json
from functools import partial, reduce
from typing import Any

from evaluation.scores.curves import Curves, curves_path, no_curves, summary
from evaluation.scores.keys import SCORING_VERSION, metric_spec, score_inputs, score_settings, score_targets, trained_on
from evaluation.scores.robustness import jittered_name
from evaluation.scores.scoring import REFERENCES, ScoreSetup
from jobs.score.tasks import Scoring, TaskOutcome, plan_tasks, run_task, seen_classes
from jobs.spark.workers import SparkWorkers
from jobs.workers import InProcess
from lake.publishing.shards import Receipt
from lake.reasons import Reason
from lake.storage.seals import sealed_json
from stages.stage import Computed, Publication, Run, Stage, open_evaluated

SMALL_SET = 4096
"""Crops up to which starting Spark costs more than scoring them in this process."""


def _models(run: Run) -> list[str]:
    model = run.arguments["model"]
    return [model, *REFERENCES, *(jittered_name(model, jitter) for jitter in run.pipeline.evaluation.jitters)]


def _compute(run: Run, model: str, publication: Publication) -> Computed:
    """Score one model, baseline or ceiling.

    Raises:
        InputError: The predictions are missing, or were made on other crops than the evaluated ones.
    """
    lake, locations = run.lake, publication.locations
    tasks = plan_tasks(lake, model, run.pipeline.evaluation.splits)
    trained = trained_on(lake, model)
    setup = ScoreSetup(model, metric_spec(run.pipeline), seen_classes(lake, trained.snapshot_id if trained else None))
    crops = sum(len(task.crop_ids) for task in tasks)
    workers = InProcess() if crops <= SMALL_SET and isinstance(run.workers, SparkWorkers) else run.workers
    outcomes = workers.map(tasks, partial(run_task, scoring=Scoring(setup, locations["scores"], locations["rejects"])))
    rejected = _rows([outcome.rejects for outcome in outcomes])
    details: dict[str, Any] = {"model": model, "rows": _rows([outcome.scores for outcome in outcomes])}
    return Computed(
        rows_in=crops,
        rows_out=sum(outcome.crops for outcome in outcomes),
        rejected={Reason.EMPTY_TRUTH.value: rejected} if rejected else {},
        receipts={table: [getattr(outcome, table) for outcome in outcomes] for table in locations},
        details=details | _curves(run, publication.key, outcomes),
    )


def _curves(run: Run, key: str, outcomes: list[TaskOutcome]) -> dict[str, Any]:
    """Keep the curves over all thresholds beside the tables, where a model has any."""
    curves = reduce(Curves.__add__, (outcome.curves for outcome in outcomes), no_curves())
    if not curves.instances:
        return {}
    run.lake.store.write_bytes(curves_path(key), sealed_json(json.dumps(curves.as_json()).encode()))
    return {"curves": curves_path(key), **summary(curves)}


def _rows(receipts: list[Receipt | None]) -> int:
    return sum(receipt.rows for receipt in receipts if receipt is not None)


SCORE = Stage(
    name="score",
    version=SCORING_VERSION,
    reads=("crops", "predictions"),
    arguments=("model", "as_of"),
    open=open_evaluated,
    parts=_models,
    inputs=lambda run, model: score_inputs(run.lake, model),
    targets=lambda _run, model: score_targets(model),
    spec=lambda run, model: score_settings(run.pipeline, model),
    compute=_compute,
)
