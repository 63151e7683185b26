"""The stages of a nightly run in their order, whoever runs them: Prefect, or who only looks whether there is anything to do."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evaluation.gate.models import models_to_score
from flows.refusal import RefusedRunError
from lake.configuration import Pipeline
from lake.errors import GateRefusalError
from lake.publishing.stage_report import StageReport
from stages.runner import WorkToDoError, run_stage, standing_report

RunStage = Callable[[str, Mapping[str, Any]], StageReport]
"""Runs a stage, by its name, with arguments."""

_PASSED = "PASS"


def run_in_order(run: RunStage, models: Callable[[], Sequence[str]], accept_losses: Sequence[str] | None = None) -> list[StageReport]:
    """Run every stage, from ingestion to promotion.

    The evaluation report is written whatever the verdict is; a refused promotion is raised after it.

    Args:
        run: Runs one stage.
        models: Finds the models to predict and score with, when there is a candidate.
        accept_losses: Sources that are published even if they lose more than their limits allow.

    Returns:
        The stages' reports, in the order in which they ran; promotion's last.

    Raises:
        RefusedRunError: The verdict is FAIL or INCONCLUSIVE; it holds the reports of the stages.
    """
    reports = [run("ingest", {"accept_losses": list(accept_losses)} if accept_losses else {})]
    reports += [run(name, {}) for name in ("label", "balance", "crop", "fit")]
    candidate = str(reports[-1].details["model"])
    reports.append(run("export", {"model": candidate}))
    for model in models():
        reports += [run("predict", {"model": model}), run("score", {"model": model})]
    reports.append(run("judge", {"candidate": candidate}))
    try:
        promotion = run("promote", {"candidate": candidate})
    except GateRefusalError as refusal:
        raise RefusedRunError(str(refusal), [*reports, run("report", {})]) from refusal
    return [*reports, run("report", {}), promotion]


def standing_reports(pipeline: Pipeline) -> list[StageReport] | None:
    """Return what a run would report that finds every stage's result standing; None where a stage has something to do.

    No engine is started and no table is written.

    Raises:
        RefusedRunError: Everything stands, and the verdict is not PASS.
    """
    outcome = ""

    def standing(name: str, arguments: Mapping[str, Any]) -> StageReport:
        nonlocal outcome
        if name == "promote" and outcome != _PASSED:
            return run_stage(name, pipeline, **arguments)  # says why not
        report = standing_report(name, pipeline, **arguments)
        outcome = str(report.details["outcome"]) if name == "judge" else outcome
        return report

    try:
        return run_in_order(standing, lambda: models_to_score(pipeline))
    except WorkToDoError:
        return None
