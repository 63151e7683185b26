"""The nightly flow: every stage of a pipeline as a Prefect task, in order, to a judged and perhaps promoted model."""

import logging
from pathlib import Path
from typing import Any

import httpx
from prefect import State, Task, flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import TaskRun

from evaluation.gate.models import models_to_score
from flows.order import run_in_order
from lake.errors import CentrepieceError, UnreachableError
from lake.pipeline_file import load_pipeline
from lake.publishing.report_texts import as_markdown
from lake.publishing.stage_report import StageReport
from stages.runner import run_stage

_log = logging.getLogger(__name__)


def is_retryable(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Tell whether a failed task is worth another try: a deliberate error would only come again, unless it is an outage."""
    outcome = state.result(raise_on_failure=False)
    return not isinstance(outcome, CentrepieceError) or isinstance(outcome, UnreachableError)


@task(task_run_name="{name}", retries=2, retry_delay_seconds=5, retry_condition_fn=is_retryable, persist_result=False)
def stage(name: str, pipeline_file: str, arguments: dict[str, Any] | None = None) -> StageReport:
    """Run one stage and leave its report as an artifact."""
    report = run_stage(name, load_pipeline(pipeline_file), **(arguments or {}))
    try:
        create_markdown_artifact(as_markdown(report), key=f"centrepiece-{name}", description=f"{name}: report of the stage")
    except httpx.TransportError as error:
        _log.warning("%s: Prefect's server does not take the report (%s); the stage is done all the same", name, error)
    return report


@task(task_run_name="choose models", persist_result=False)
def models(pipeline_file: str) -> list[str]:
    """Find the models to predict and score with: the candidate and the champion it has to beat."""
    return models_to_score(load_pipeline(pipeline_file))


@flow(name="nightly", validate_parameters=False, persist_result=False)
def nightly(pipeline_file: str, accept_losses: list[str] | None = None) -> list[StageReport]:
    """Run every stage of a pipeline, see `flows.order`.

    Args:
        pipeline_file: Path of the pipeline's YAML file.
        accept_losses: Sources that are published even if they lose more than their limits allow.

    Returns:
        The stages' reports, in the order in which they ran.

    Raises:
        RefusedRunError: The verdict is FAIL or INCONCLUSIVE; it holds the reports of the stages.
        CentrepieceError: A stage refused its input.
    """
    path = str(Path(pipeline_file).resolve())
    return run_in_order(lambda name, arguments: stage(name, path, dict(arguments)), lambda: models(path), accept_losses)
