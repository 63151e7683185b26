"""What a run does when Prefect's server is lost in the middle of it: it goes on without."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import httpx

from evaluation.gate.models import models_to_score
from flows.nightly import nightly
from flows.order import run_in_order
from lake.pipeline_file import load_pipeline
from lake.publishing.stage_report import StageReport
from stages.runner import run_stage

_Result = TypeVar("_Result")

_log = logging.getLogger(__name__)


def run_nightly(pipeline_file: Path, accept_losses: Sequence[str] = ()) -> list[StageReport]:
    """Run the flow `nightly`; where Prefect's server is lost, run what is left of it without Prefect.

    Args:
        pipeline_file: The pipeline's YAML file.
        accept_losses: Sources that are published whatever they lose.

    Returns:
        The stages' reports, in the order in which they ran; a stage that had ended before the loss is reported as skipped.

    Raises:
        RefusedRunError: The verdict is FAIL or INCONCLUSIVE; it holds the reports of the stages.
        CentrepieceError: A stage refused its input.
    """
    pipeline = load_pipeline(pipeline_file)
    return with_or_without_server(
        lambda: nightly(str(pipeline_file), list(accept_losses)),
        lambda: run_in_order(
            lambda name, arguments: run_stage(name, pipeline, **arguments), lambda: models_to_score(pipeline), accept_losses
        ),
    )


def with_or_without_server(flow: Callable[[], _Result], without: Callable[[], _Result]) -> _Result:
    """Run a flow, and something in its place where Prefect's server stops to answer before the flow has ended.

    Args:
        flow: Of Prefect.
        without: What does the same, or what is left of it, without Prefect.
    """
    try:
        return flow()
    except httpx.TransportError as error:
        _log.warning("Prefect's server does not answer any more (%s); the run goes on without it", error)
    return without()


class LossesOfServer(logging.Filter):
    """Drops what Prefect's own threads say of every event that they cannot send: that the server is lost is told once."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every other record."""
        return "failed to process item" not in record.msg
