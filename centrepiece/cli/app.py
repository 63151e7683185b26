"""The `centrepiece` command: arguments in, exit code out (0 done, 2 input, configuration or machine at fault, 3 the gate said no)."""

import logging
import pkgutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from centrepiece.cli.environment import prepare_environment
from centrepiece.cli.options import AsJson, AsOf, PipelineFile
from centrepiece.cli.run import run_pipeline
from centrepiece.cli.terminal import log_to_terminal, show_error, show_plan, show_reports
from evaluation.gate.models import resolve_model
from lake.configuration import load_pipeline
from lake.errors import CentrepieceError, GateRefusalError
from lake.outages import SYSTEM_ERRORS, as_centrepiece_error
from lake.publishing.stage_report import StageReport
from stages.runner import run_stage

_log = logging.getLogger(__name__)
_MOST_FAILURES = 3
"""Named in the line that ends a judgement; the table above it holds more."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn labelled images into a promoted, regression-gated model that segments the object at the centre.",
)
ModelName = Annotated[str, typer.Option("--model", help="A digest, a prefix of one, or an alias: candidate, champion, previous.")]


@app.callback()
def _prepare(verbose: Annotated[bool, typer.Option("--verbose", help="Log more.")] = False) -> None:
    log_to_terminal(verbose=verbose)


@app.command()
def run(pipeline_file: PipelineFile, json: AsJson = False) -> None:
    """Run every stage, from ingestion to promotion, as the Prefect flow `nightly`."""
    run_pipeline(pipeline_file, as_json=json)


@app.command()
def ingest(
    pipeline_file: PipelineFile,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    json: AsJson = False,
) -> None:
    """Read the sources' exports into `images`, `annotations` and `rejects`."""
    _stage("ingest", pipeline_file, json, only=source)


@app.command()
def label(pipeline_file: PipelineFile, as_of: AsOf = None, json: AsJson = False) -> None:
    """Map customers' labels onto the taxonomy, into `instances`."""
    _stage("label", pipeline_file, json, as_of=as_of)


@app.command()
def balance(pipeline_file: PipelineFile, as_of: AsOf = None, json: AsJson = False) -> None:
    """Choose what to crop, cell by cell, into `plan` and `balance`."""
    _stage("balance", pipeline_file, json, as_of=as_of)


@app.command()
def crop(pipeline_file: PipelineFile, as_of: AsOf = None, json: AsJson = False) -> None:
    """Cut the planned windows, into `crops`."""
    _stage("crop", pipeline_file, json, as_of=as_of)


@app.command()
def fit(pipeline_file: PipelineFile, as_of: AsOf = None, json: AsJson = False) -> None:
    """Train a candidate on the training crops."""
    _stage("fit", pipeline_file, json, as_of=as_of)


@app.command()
def predict(pipeline_file: PipelineFile, model: ModelName = "candidate", as_of: AsOf = None, json: AsJson = False) -> None:
    """Predict a mask for every crop of the evaluated splits, into `predictions`."""
    _stage("predict", pipeline_file, json, model=_digest(pipeline_file, model), as_of=as_of)


@app.command()
def export(pipeline_file: PipelineFile, model: ModelName = "candidate", json: AsJson = False) -> None:
    """Write a model as ONNX, beside its weights."""
    _stage("export", pipeline_file, json, model=_digest(pipeline_file, model))


@app.command()
def score(pipeline_file: PipelineFile, model: ModelName = "candidate", as_of: AsOf = None, json: AsJson = False) -> None:
    """Score a model's predictions, into `scores`."""
    _stage("score", pipeline_file, json, model=_digest(pipeline_file, model), as_of=as_of)


@app.command()
def judge(
    pipeline_file: PipelineFile,
    candidate: Annotated[str, typer.Option(help="A digest, a prefix of one, or an alias.")] = "candidate",
    champion: Annotated[str | None, typer.Option(help="What to compare with; the present champion by default.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Judge nothing; say which strata are too small for their margins.")] = False,
    as_of: AsOf = None,
    json: AsJson = False,
) -> None:
    """Judge a candidate by the gates; ends with 3 unless the verdict is PASS."""
    if plan:
        show_plan(pkgutil.resolve_name("evaluation.gate.plan:plan_gate")(load_pipeline(pipeline_file), as_of=as_of), as_json=json)
        return
    against = None if champion is None else _digest(pipeline_file, champion)
    report = _stage("judge", pipeline_file, json, candidate=_digest(pipeline_file, candidate), champion=against, as_of=as_of)
    outcome = str(report.details["outcome"])
    if outcome != "PASS":
        raise GateRefusalError(f"verdict {outcome}: {_failures(report)}")


@app.command()
def promote(
    pipeline_file: PipelineFile,
    candidate: Annotated[str, typer.Option(help="A digest, a prefix of one, or an alias.")] = "candidate",
    override: Annotated[str | None, typer.Option(help="Promote against the verdict, for this recorded reason.")] = None,
    json: AsJson = False,
) -> None:
    """Make a candidate that passed its gates the champion."""
    _stage("promote", pipeline_file, json, candidate=_digest(pipeline_file, candidate), override=override)


@app.command()
def rollback(pipeline_file: PipelineFile, json: AsJson = False) -> None:
    """Make the previous champion the champion again."""
    rolled_back = pkgutil.resolve_name("evaluation.gate.promote:rollback")(load_pipeline(pipeline_file))
    show_reports([rolled_back], as_json=json)


@app.command()
def report(pipeline_file: PipelineFile, as_of: AsOf = None, json: AsJson = False) -> None:
    """Write the HTML report: balance, sample crops, scores by stratum, verdict."""
    _stage("report", pipeline_file, json, as_of=as_of)


def main() -> None:
    """Run the command line; every deliberate error becomes one line on stderr and its exit code."""
    prepare_environment()
    for module in ("centrepiece.cli.data", "centrepiece.cli.start", "centrepiece.cli.store", "centrepiece.cli.taxonomy"):
        pkgutil.resolve_name(f"{module}:add_commands")(app)
    try:
        app()
    except (CentrepieceError, *SYSTEM_ERRORS) as error:
        told = error if isinstance(error, CentrepieceError) else as_centrepiece_error(error)
        _log.debug("what ends the command", exc_info=error)
        show_error(str(told))
        sys.exit(told.exit_code)
    except KeyboardInterrupt:
        show_error("interrupted")
        sys.exit(130)


def _stage(name: str, pipeline_file: Path, as_json: bool, **arguments: Any) -> StageReport:
    result = run_stage(name, load_pipeline(pipeline_file), **arguments)
    show_reports([result], as_json=as_json)
    return result


def _digest(pipeline_file: Path, model: str) -> str:
    return resolve_model(load_pipeline(pipeline_file), model)


def _failures(judged: StageReport) -> str:
    failing = judged.details.get("failing") or []
    told = [f"{item['stratum']} ({item['metric']}): {item['why']}" for item in failing[:_MOST_FAILURES]]
    if len(failing) > _MOST_FAILURES:
        told.append(f"and {len(failing) - _MOST_FAILURES:,} more; `centrepiece report` shows them all")
    return "; ".join(told) or "see the report"
