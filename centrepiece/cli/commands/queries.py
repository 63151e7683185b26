"""Commands that look at data: sql, lineage, detect."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from centrepiece.cli.options import AsJson, AsOfOption, PipelineFile
from centrepiece.cli.terminal import show_json, stderr_console

RowFormat = Literal["table", "csv", "json", "parquet"]

query_commands = typer.Typer()


@query_commands.command("sql")
def sql_command(
    pipeline_file: PipelineFile,
    query: Annotated[str, typer.Argument(help="One SELECT over the tables, by name.", show_default=False)],
    row_format: Annotated[RowFormat, typer.Option("--format", help="How to print the rows.")] = "table",
    as_of: AsOfOption = None,
    output: Annotated[Path | None, typer.Option("--output", help="Write to this file instead of stdout.")] = None,
) -> None:
    """Query the tables with SQL (DuckDB's dialect)."""
    from centrepiece.cli.rows import WRITERS
    from lake.lake import open_lake
    from lake.pipeline_file import load_pipeline
    from lake.sql.query import run_sql

    rows = run_sql(open_lake(load_pipeline(pipeline_file)), query, as_of=as_of)
    if output is None:
        WRITERS[row_format](rows, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    with output.open("wb") as sink:
        WRITERS[row_format](rows, sink)


@query_commands.command("lineage")
def lineage_command(
    pipeline_file: PipelineFile,
    what: Annotated[str, typer.Argument(help="A table's name, or a model's digest, a prefix of it or its alias.", show_default=False)],
    as_of: AsOfOption = None,
    json: AsJson = False,
) -> None:
    """Walk back from a model or a table to snapshots, settings, exports and the commit of the code."""
    from evaluation.gate.models import resolve_model
    from evaluation.gate.registry import ALIASES
    from lake.lake import open_lake
    from lake.maintenance.lineage import lineage
    from lake.pipeline_file import load_pipeline

    pipeline = load_pipeline(pipeline_file)
    found = lineage(open_lake(pipeline), resolve_model(pipeline, what) if what in ALIASES else what, as_of=as_of)
    if json:
        show_json(found.as_json())
        return
    for line in found.lines():
        typer.echo(line)


@query_commands.command("detect")
def detect_command(path: Annotated[str, typer.Argument(help="A file, folder or archive, here or on s3://.", show_default=False)]) -> None:
    """Say which format an export has, and print the stanzas for the pipeline's sources."""
    from jobs.sources.detect import detect

    for found in detect(path):
        stderr_console.print(f"{found.format}: {found.evidence}", highlight=False, markup=False)
        typer.echo(found.as_yaml(), nl=False)
