"""Commands that run the pipeline: all of it, or one stage."""

from pathlib import Path
from typing import Annotated, Any

import typer

from centrepiece.cli.options import AcceptLosses, AsJson, AsOfOption, PipelineFile, Redo
from centrepiece.cli.run import run_pipeline
from centrepiece.cli.run_folder import run_folder
from centrepiece.cli.terminal import show_plan, show_reports
from lake.errors import GateRefusalError
from lake.publishing.stage_report import StageReport

_MOST_FAILURES = 3
"""Named in the line that ends a judgement; the table above it holds more."""

ModelName = Annotated[str, typer.Option("--model", help="A digest, a prefix of one, or an alias: candidate, champion, previous.")]
Candidate = Annotated[str, typer.Option(help="A digest, a prefix of one, or an alias.")]

pipeline_commands = typer.Typer()


@pipeline_commands.command("run")
def run_command(pipeline_file: PipelineFile, accept_losses: AcceptLosses = None, json: AsJson = False) -> None:
    """Run every stage, from ingestion to promotion, as the Prefect flow `nightly`."""
    run_pipeline(pipeline_file, as_json=json, accept_losses=accept_losses or ())


@pipeline_commands.command("ingest")
def ingest_command(
    pipeline_file: PipelineFile,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    accept_losses: AcceptLosses = None,
    redo: Redo = False,
    json: AsJson = False,
) -> None:
    """Read the sources' exports into `images`, `annotations` and `rejects`."""
    _stage("ingest", pipeline_file, json, redo=redo, only=source, accept_losses=accept_losses)


@pipeline_commands.command("label")
def label_command(pipeline_file: PipelineFile, as_of: AsOfOption = None, redo: Redo = False, json: AsJson = False) -> None:
    """Map customers' labels onto the taxonomy, into `instances`."""
    _stage("label", pipeline_file, json, redo=redo, as_of=as_of)


@pipeline_commands.command("balance")
def balance_command(pipeline_file: PipelineFile, as_of: AsOfOption = None, redo: Redo = False, json: AsJson = False) -> None:
    """Choose what to crop, cell by cell, into `plan` and `balance`."""
    _stage("balance", pipeline_file, json, redo=redo, as_of=as_of)


@pipeline_commands.command("crop")
def crop_command(pipeline_file: PipelineFile, as_of: AsOfOption = None, redo: Redo = False, json: AsJson = False) -> None:
    """Cut the planned windows, into `crops`."""
    _stage("crop", pipeline_file, json, redo=redo, as_of=as_of)


@pipeline_commands.command("fit")
def fit_command(pipeline_file: PipelineFile, as_of: AsOfOption = None, redo: Redo = False, json: AsJson = False) -> None:
    """Train a candidate on the training crops."""
    _stage("fit", pipeline_file, json, redo=redo, as_of=as_of)


@pipeline_commands.command("predict")
def predict_command(
    pipeline_file: PipelineFile, model: ModelName = "candidate", as_of: AsOfOption = None, redo: Redo = False, json: AsJson = False
) -> None:
    """Predict a mask for every crop of the evaluated splits, into `predictions`."""
    _stage("predict", pipeline_file, json, redo=redo, model=_digest(pipeline_file, model), as_of=as_of)


@pipeline_commands.command("export")
def export_command(pipeline_file: PipelineFile, model: ModelName = "candidate", json: AsJson = False) -> None:
    """Write a model as ONNX, beside its weights."""
    _stage("export", pipeline_file, json, model=_digest(pipeline_file, model))


@pipeline_commands.command("score")
def score_command(
    pipeline_file: PipelineFile, model: ModelName = "candidate", as_of: AsOfOption = None, redo: Redo = False, json: AsJson = False
) -> None:
    """Score a model's predictions, into `scores`."""
    _stage("score", pipeline_file, json, redo=redo, model=_digest(pipeline_file, model), as_of=as_of)


@pipeline_commands.command("judge")
def judge_command(
    pipeline_file: PipelineFile,
    candidate: Candidate = "candidate",
    champion: Annotated[str | None, typer.Option(help="What to compare with; the present champion by default.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Judge nothing; say which strata are too small for their margins.")] = False,
    as_of: AsOfOption = None,
    redo: Redo = False,
    json: AsJson = False,
) -> None:
    """Judge a candidate by the gates; ends with 3 unless the verdict is PASS."""
    if plan:
        _show_gate_plan(pipeline_file, as_of, json)
        return
    against = None if champion is None else _digest(pipeline_file, champion)
    report = _stage("judge", pipeline_file, json, redo=redo, candidate=_digest(pipeline_file, candidate), champion=against, as_of=as_of)
    outcome = str(report.details["outcome"])
    if outcome != "PASS":
        raise GateRefusalError(f"verdict {outcome}: {_failures(report)}")


@pipeline_commands.command("promote")
def promote_command(
    pipeline_file: PipelineFile,
    candidate: Candidate = "candidate",
    override: Annotated[str | None, typer.Option(help="Promote against the verdict, for this recorded reason.")] = None,
    json: AsJson = False,
) -> None:
    """Make a candidate that passed its gates the champion."""
    _stage("promote", pipeline_file, json, candidate=_digest(pipeline_file, candidate), override=override)


@pipeline_commands.command("rollback")
def rollback_command(pipeline_file: PipelineFile, json: AsJson = False) -> None:
    """Make the previous champion the champion again."""
    from evaluation.gate.promote import rollback
    from lake.pipeline_file import load_pipeline

    show_reports([rollback(load_pipeline(pipeline_file))], as_json=json)


@pipeline_commands.command("report")
def report_command(pipeline_file: PipelineFile, as_of: AsOfOption = None, json: AsJson = False) -> None:
    """Write the HTML report: balance, sample crops, scores by stratum, verdict."""
    _stage("report", pipeline_file, json, as_of=as_of)


def _stage(name: str, pipeline_file: Path, as_json: bool, *, redo: bool = False, **arguments: Any) -> StageReport:
    from lake.pipeline_file import load_pipeline
    from stages.runner import run_stage

    pipeline = load_pipeline(pipeline_file)
    with run_folder():
        result = run_stage(name, pipeline, redo=redo, **arguments)
    show_reports([result], as_json=as_json)
    return result


def _digest(pipeline_file: Path, model: str) -> str:
    from evaluation.gate.models import resolve_model
    from lake.pipeline_file import load_pipeline

    return resolve_model(load_pipeline(pipeline_file), model)


def _show_gate_plan(pipeline_file: Path, as_of: str | None, as_json: bool) -> None:
    from evaluation.gate.plan import plan_gate
    from lake.pipeline_file import load_pipeline

    show_plan(plan_gate(load_pipeline(pipeline_file), as_of=as_of), as_json=as_json)


def _failures(judged: StageReport) -> str:
    failing = judged.details.get("failing") or []
    told = [f"{item['stratum']} ({item['metric']}): {item['why']}" for item in failing[:_MOST_FAILURES]]
    if len(failing) > _MOST_FAILURES:
        told.append(f"and {len(failing) - _MOST_FAILURES:,} more; `centrepiece report` shows them all")
    return "; ".join(told) or "see the report"
