"""Reports of stages as people read them: Markdown pages, and tables for a terminal."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table

from lake.publishing.stage_report import StageReport
from lake.redaction import redacted


def as_markdown(report: StageReport) -> str:
    """Return a stage's report as a Markdown page, for Prefect's artifacts."""
    lines = [
        f"# {report.stage}",
        "",
        "already committed: nothing was written" if report.skipped else f"took {report.seconds:.1f} s",
        "",
        "| rows | count |",
        "| --- | ---: |",
        f"| in | {report.rows_in:,} |",
        f"| out | {report.rows_out:,} |",
        *(f"| rejected: {reason} | {count:,} |" for reason, count in sorted(report.rejected.items())),
        *_markdown_of_sources(report),
        "",
        *(f"- **note**: {note}" for note in report.notes),
        *(f"- snapshot of `{table}`: {snapshot}" for table, snapshot in sorted(report.snapshots.items())),
        *(f"- {key}: `{value}`" for key, value in sorted(report.details.items()) if is_short(value)),
        f"- stage key: `{report.key}`",
    ]
    return redacted("\n".join(lines)) + "\n"


def as_table(reports: Iterable[StageReport]) -> Table:
    """Return stage reports as one table for a terminal."""
    table = Table(title=None)
    for heading in ("stage", "rows in", "rows out", "rejected, by reason", "outcome", "seconds"):
        table.add_column(heading, overflow="fold")
    for report in reports:
        table.add_row(
            report.stage,
            f"{report.rows_in:,}",
            f"{report.rows_out:,}",
            _reasons(report.rejected),
            "nothing to do: already committed" if report.skipped else _outcome(report.details),
            f"{report.seconds:.1f}",
        )
        for name, source in _sources(report).items():
            outcome = "nothing to do" if source.get("skipped") else ""
            table.add_row(f"  {name}", f"{source['rows_in']:,}", f"{source['rows_out']:,}", _reasons(source["rejected"]), outcome, "")
    return table


def is_short(value: Any) -> bool:
    """Tell whether a detail is fit for one line: a number or a short text."""
    return isinstance(value, int | float) or (isinstance(value, str) and len(value) <= 200)


def _sources(report: StageReport) -> Mapping[str, Any]:
    """Return the counts of each source, where a stage read several."""
    found = report.details.get("sources", {})
    return found if isinstance(found, Mapping) else {}


def _markdown_of_sources(report: StageReport) -> list[str]:
    rows = [
        f"| {name} | {source['rows_in']:,} | {source['rows_out']:,} | {_reasons(source['rejected'])} |"
        for name, source in _sources(report).items()
    ]
    return ["", "| source | in | out | rejected |", "| --- | ---: | ---: | --- |", *rows] if rows else []


def _reasons(rejected: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(rejected.items())) or "none"


def _outcome(details: Mapping[str, Any]) -> str:
    return str(details.get("outcome", "committed"))
