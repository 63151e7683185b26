"""Commands that look at, or tidy, what is in the store: sql, doctor, lineage, gc."""

import base64
import io
import json
import sys
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from flows.doctor import examine_all
from flows.terminal import people, show_json
from lake.configuration import load_pipeline
from lake.lake import open_lake
from lake.sql import run_sql

PipelineFile = Annotated[Path, typer.Argument(help="The pipeline's YAML file.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="A snapshot id, a tag, or a time such as 2026-01-31T06:00Z.")]


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands to the command line."""
    app.command()(sql)
    app.command()(doctor)


def sql(
    pipeline_file: PipelineFile,
    query: Annotated[str, typer.Argument(help="One SELECT over the tables, by name.", show_default=False)],
    format: Annotated[Literal["table", "csv", "json", "parquet"], typer.Option("--format", help="How to print the rows.")] = "table",  # noqa: A002
    as_of: AsOf = None,
    output: Annotated[Path | None, typer.Option("--output", help="Write to this file instead of stdout.")] = None,
) -> None:
    """Query the tables with SQL (DuckDB's dialect)."""
    rows = run_sql(open_lake(load_pipeline(pipeline_file)), query, as_of=as_of)
    if output is None:
        _WRITERS[format](rows, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    with output.open("wb") as sink:
        _WRITERS[format](rows, sink)


def doctor(pipeline_file: PipelineFile, as_json: AsJson = False) -> None:
    """Examine the machine, the configuration and the store; name every fault with its mend. Ends with 2 if there is one."""
    findings = examine_all(pipeline_file)
    if as_json:
        show_json([finding.as_json() for finding in findings])
    else:
        table = Table("", "what", "finding", "mend")
        for finding in findings:
            table.add_row(_MARKS[finding.level], finding.what, finding.message, finding.mend)
        people.print(table)
    if any(finding.level == "fault" for finding in findings):
        raise typer.Exit(2)


def _write_table(rows: pa.Table, sink: BinaryIO) -> None:
    table = Table(*(escape(name) for name in rows.column_names))
    for row in rows.to_pylist():
        table.add_row(*(escape(_cell(value)) for value in row.values()))
    text = io.StringIO()
    Console(file=text, width=max(people.width, 80) if sink is sys.stdout.buffer else 1000).print(table)
    sink.write(text.getvalue().encode())


def _write_csv(rows: pa.Table, sink: BinaryIO) -> None:
    pyarrow.csv.write_csv(rows, sink)


def _write_json(rows: pa.Table, sink: BinaryIO) -> None:
    text = json.dumps(rows.to_pylist(), indent=2, ensure_ascii=False, default=_json_value)
    sink.write(text.encode() + b"\n")


def _write_parquet(rows: pa.Table, sink: BinaryIO) -> None:
    pyarrow.parquet.write_table(rows, sink)


def _json_value(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return f"<{len(value):,} bytes>"
    return f"{value:,.4f}" if isinstance(value, float) else str(value)


_WRITERS = {"table": _write_table, "csv": _write_csv, "json": _write_json, "parquet": _write_parquet}
_MARKS = {"fault": "[red]fault[/]", "note": "[yellow]note[/]", "good": "[green]good[/]"}
