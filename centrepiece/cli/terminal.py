"""Print results, errors and log records: the only module that writes to the terminal."""

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import rich
from rich.logging import RichHandler

from centrepiece.cli.verdict_tables import failing_table, plan_table
from centrepiece.packages import PACKAGES
from lake.publishing.report_texts import as_table, is_short
from lake.publishing.stage_report import StageReport
from lake.redaction import redacted

UNCUT = 1000
"""Columns where there is no terminal: tables in a file or a log are as wide as what they hold."""

rich.reconfigure(stderr=True, soft_wrap=True, width=None if sys.stderr.isatty() or "COLUMNS" in os.environ else UNCUT)
stderr_console = rich.get_console()
"""Where humans read: tables, progress, errors. stdout is for results alone."""


def show_reports(reports: Iterable[StageReport], *, as_json: bool) -> None:
    """Print stage reports: JSON on stdout (one object for one report, else a list), or a table on stderr."""
    reports = list(reports)
    if as_json:
        values: Any = [report.as_json() for report in reports]
        show_json(values[0] if len(values) == 1 else values)
        return
    stderr_console.print(as_table(reports))
    for report in reports:
        for note in report.notes:
            stderr_console.print("[yellow]note:[/]", end=" ")
            stderr_console.print(f"{report.stage}: {note}", highlight=False, markup=False)
        if report.details.get("failing"):
            stderr_console.print(failing_table(report.details["failing"]))
    if len(reports) == 1:
        for key, value in sorted(reports[0].details.items()):
            if is_short(value):
                stderr_console.print(f"  {key}: {value}", highlight=False, markup=False)


def show_plan(report: StageReport, *, as_json: bool) -> None:
    """Print what each stratum of the test crops can show: JSON on stdout, or a table on stderr."""
    if as_json:
        show_json(report.as_json())
        return
    stderr_console.print(plan_table(report.details["strata"], report.details["assumed"]))


def show_json(value: Any) -> None:
    """Print a JSON value on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def show_error(message: str) -> None:
    """Print an error on stderr."""
    stderr_console.print("[bold red]error:[/]", end=" ")
    stderr_console.print(redacted(message), highlight=False, markup=False)


def show_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the trace of an error that nobody meant, on stderr, as `sys.excepthook` does."""
    sys.stderr.write(redacted("".join(traceback.format_exception(kind, error, trace))))


class LineWithoutSecrets(logging.Formatter):
    """Takes passwords and tokens out of what is logged, traces included."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def log_to_terminal(*, verbose: bool) -> None:
    """Send our packages' log records to stderr: in colour on a terminal, else as one line each for a file or a log collector."""
    handler: logging.Handler
    if stderr_console.is_terminal:
        handler = RichHandler(console=stderr_console, show_path=False, markup=False)
        handler.setFormatter(LineWithoutSecrets("%(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(LineWithoutSecrets("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    for name in PACKAGES:
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG if verbose else logging.INFO)
        if not logger.handlers:
            logger.addHandler(handler)
            logger.propagate = False
