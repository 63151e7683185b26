"""The command that withdraws data, or admits it again."""

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from centrepiece.cli.options import AsJson, PipelineFile
from centrepiece.cli.run_folder import run_folder
from centrepiece.cli.terminal import show_json, show_reports, stderr_console

if TYPE_CHECKING:
    from jobs.withdrawing import TrainedModel
    from lake.configuration import Pipeline
    from lake.lake import Lake
    from lake.publishing.stage_report import StageReport

LATER_STAGES = {"instances": "label", "plan": "balance", "crops": "crop"}
"""Stages that are run again after a withdrawal, by the table that says that they have run before."""

withdrawal_commands = typer.Typer()


@withdrawal_commands.command("withdraw")
def withdraw_command(
    pipeline_file: PipelineFile,
    what: Annotated[str, typer.Argument(metavar="source:NAME|customer:NAME|image:ID", help="What may not be used.", show_default=False)],
    reason: Annotated[str | None, typer.Option(help="Why; it goes on record.")] = None,
    admit: Annotated[bool, typer.Option("--admit", help="The other way: it may be used again, from the next ingest on.")] = False,
    rows_only: Annotated[bool, typer.Option("--rows-only", help="Leave label, balance and crop to the next run.")] = False,
    json: AsJson = False,
) -> None:
    """Take a source, a customer or an image out of every table, for good and on record; name the models trained on it."""
    from jobs.withdrawing import known_subject, models_trained_on, withdraw_rows
    from lake.lake import open_lake
    from lake.ownership import claim_store
    from lake.pipeline_file import load_pipeline
    from lake.withdrawals import Withdrawn, read_withdrawn, record_decision, subject_of

    pipeline = load_pipeline(pipeline_file)
    lake = open_lake(pipeline)
    claim_store(lake.store, pipeline)
    scope, subject = known_subject(lake, pipeline, *subject_of(what))
    record_decision(lake, scope, subject, "admit" if admit else "withdraw", person=getpass.getuser(), reason=reason)
    if admit:
        _tell(f"{scope} {subject} may be used again: the next `centrepiece ingest {pipeline_file}` reads it")
        return
    models = models_trained_on(lake, Withdrawn(**{f"{scope}s": frozenset({subject})}))
    reports = withdraw_rows(lake, read_withdrawn(lake))
    if not rows_only:
        reports += _later(pipeline, lake)
    if json:
        trained = [{"model": one.model, "withdrawn_crops": one.crops, "crops": one.of} for one in models]
        show_json({"scope": scope, "subject": subject, "models": trained, "reports": [report.as_json() for report in reports]})
        return
    show_reports(reports, as_json=False)
    _tell_outcome(scope, subject, reports, models)


def _later(pipeline: "Pipeline", lake: "Lake") -> "list[StageReport]":
    from stages.runner import run_stage

    with run_folder():
        return [run_stage(stage, pipeline) for table, stage in LATER_STAGES.items() if lake.has(table)]


def _tell_outcome(scope: str, subject: str, reports: "list[StageReport]", models: "list[TrainedModel]") -> None:
    rows = sum(report.rejected.get("withdrawn", 0) for report in reports if report.stage == "withdraw")
    _tell(f"{scope} {subject} is withdrawn: {rows:,} rows are gone from `images` and `annotations`, and no ingest brings them back")
    for one in models:
        count = "crops that cannot be read any more" if one.crops is None else f"{one.crops:,} of {one.of:,} crops"
        _tell(f"model {one.model[:16]} was trained on it: {count}")
    if not models:
        _tell("no registered model was trained on it")
    _tell(
        "earlier snapshots hold it until `centrepiece gc` expires them; those that a tag keeps (of a model, a verdict, `freeze`) stay "
        "until the tag goes"
    )


def _tell(line: str) -> None:
    stderr_console.print(line, highlight=False, markup=False)
