"""Run the whole pipeline as a flow, and tell on the terminal what came of it and where the results are."""

import logging
import os
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from centrepiece.cli.run_folder import run_folder
from centrepiece.cli.terminal import show_reports, stderr_console
from flows.refusal import RefusedRunError
from jobs.spark.java import require_java
from lake.errors import CentrepieceError
from lake.publishing.stage_report import StageReport
from lake.redaction import redacted

if TYPE_CHECKING:
    from lake.configuration import Pipeline

_SERVER = "PREFECT_API_URL"
"""Names the server that flows report to, in the environment or in a profile of Prefect's."""


def run_pipeline(pipeline_file: Path, *, as_json: bool, accept_losses: Sequence[str] = ()) -> list[StageReport]:
    """Run the flow `nightly` in this process and tell what came of it.

    Args:
        pipeline_file: The pipeline's YAML file.
        as_json: Print the reports as JSON instead of a table.
        accept_losses: Sources that are published whatever they lose.

    Raises:
        RefusedRunError: The verdict is FAIL or INCONCLUSIVE; the report is written all the same, and its place told.
    """
    from evaluation.gate.models import resolve_model
    from lake.pipeline_file import load_pipeline

    pipeline = load_pipeline(pipeline_file)
    try:
        reports = _standing(pipeline) or _run_flow(pipeline_file, accept_losses)
    except RefusedRunError as refusal:
        show_reports(refusal.reports, as_json=as_json)
        _tell_place(pipeline, "report", "reports/report.html")
        raise
    show_reports(reports, as_json=as_json)
    if all(report.skipped for report in reports):
        stderr_console.print("nothing has changed since the last run: nothing was committed")
    by_stage = {report.stage: report for report in reports}
    _tell_place(pipeline, "balance report, scores and verdict", str(by_stage["report"].details["path"]))
    stderr_console.print(f"verdict: {by_stage['judge'].details['outcome']} ({by_stage['judge'].details['verdict_id']})", highlight=False)
    _tell_place(pipeline, "model", f"models/{resolve_model(pipeline, 'champion')}")
    return reports


def _standing(pipeline: "Pipeline") -> list[StageReport] | None:
    """Return the reports of a run with nothing to do, without Prefect; None where there is something, or a server is to hear of it."""
    from flows.order import standing_reports

    if _has_server():
        return None
    logging.disable(logging.INFO)  # what is looked at here is told by the flow, or by the table of reports
    try:
        return standing_reports(pipeline)
    finally:
        logging.disable(logging.NOTSET)


def _has_server(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether Prefect is set up to report to a server, by the environment or by a profile."""
    home = Path(environment.get("PREFECT_HOME", "~/.prefect"))
    profiles = Path(environment.get("PREFECT_PROFILES_PATH", home / "profiles.toml")).expanduser()
    return _SERVER in environment or (profiles.is_file() and _SERVER in profiles.read_text(encoding="utf-8", errors="replace"))


def _run_flow(pipeline_file: Path, accept_losses: Sequence[str]) -> list[StageReport]:
    require_java()
    with run_folder():
        return _flow_reports(pipeline_file, accept_losses)


def _flow_reports(pipeline_file: Path, accept_losses: Sequence[str]) -> list[StageReport]:
    from flows.lost_server import LossesOfServer, run_nightly

    for engine in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(engine).addFilter(PlainRecords())
    logging.getLogger("prefect._internal.concurrency").addFilter(LossesOfServer())
    logging.raiseExceptions = False  # Prefect would write on stderr that it cannot send a line of the log to its server
    return run_nightly(pipeline_file, accept_losses)


class PlainRecords(logging.Filter):
    """Says a deliberate error, or a server that is lost, in one line, without its trace, and takes secrets out of every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop the trace of a deliberate error; keep every record."""
        said = record.getMessage()
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, CentrepieceError) and not type(error).__module__.startswith("httpx"):
            said = f"{said}\n{''.join(traceback.format_exception(error))}"
        record.msg, record.args, record.exc_info, record.exc_text = redacted(said), None, None, None
        return True


def _tell_place(pipeline: "Pipeline", what: str, path: str) -> None:
    from lake.lake import open_lake

    stderr_console.print(f"{what}: {open_lake(pipeline).store.uri(path)}", highlight=False, markup=False)
