"""Commands that look after the store: doctor, gc, freeze."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from centrepiece.cli.options import AsJson, PipelineFile
from centrepiece.cli.terminal import show_json, stderr_console
from lake.errors import ConfigurationError

MARKS = {"fault": "[red]fault[/]", "note": "[yellow]note[/]", "good": "[green]good[/]"}

maintenance_commands = typer.Typer()


@maintenance_commands.command("doctor")
def doctor_command(
    pipeline_file: PipelineFile,
    verify: Annotated[bool, typer.Option("--verify", help="Hash every file again.")] = False,
    relocate: Annotated[bool, typer.Option("--relocate", help="Mend the paths of a store whose folder was moved, first.")] = False,
    rebuild_catalog: Annotated[
        bool, typer.Option("--rebuild-catalog", help="Register again the tables that the catalog has lost, first.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Examine the machine, the configuration and the store; name every fault with its mend. Ends with 2 if there is one."""
    from centrepiece.cli.examination import examine_all
    from lake.lake import open_lake
    from lake.maintenance.relocation import relocate as move_in
    from lake.pipeline_file import load_pipeline

    if relocate:
        moved = move_in(open_lake(load_pipeline(pipeline_file)))
        stderr_console.print(f"the store was at {moved.before}; its tables' paths are mended", highlight=False, markup=False)
    if rebuild_catalog:
        _rebuild(pipeline_file)
    findings = examine_all(pipeline_file, verify=verify)
    if json:
        show_json([finding.as_json() for finding in findings])
    else:
        table = Table("", "what", "finding", "mend")
        for finding in findings:
            table.add_row(MARKS[finding.level], escape(finding.what), escape(finding.message), escape(finding.mend))
        stderr_console.print(table)
    if any(finding.level == "fault" for finding in findings):
        raise typer.Exit(2)


def _rebuild(pipeline_file: Path) -> None:
    from evaluation.gate.models import register_models
    from lake.lake import open_lake
    from lake.maintenance.rebuilding import rebuild_catalog
    from lake.pipeline_file import load_pipeline

    lake = open_lake(load_pipeline(pipeline_file))
    for table, metadata in rebuild_catalog(lake).items():
        stderr_console.print(f"{table}: registered as of {metadata}", highlight=False, markup=False)
    models = register_models(lake)
    if models:
        told = f"{models:,} models are known again; who was champion stood beside the catalog: `centrepiece promote --override REASON` says"
        stderr_console.print(told, highlight=False, markup=False)


@maintenance_commands.command("gc")
def gc_command(
    pipeline_file: PipelineFile,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; remove nothing.")] = False,
    keep_days: Annotated[float, typer.Option(min=0, help="Keep what was the newest state within these days.")] = 7.0,
    json: AsJson = False,
) -> None:
    """Expire old snapshots and remove files that no snapshot names; what is tagged stays."""
    from lake.lake import open_lake
    from lake.maintenance.gc import gc
    from lake.pipeline_file import load_pipeline

    report = gc(open_lake(load_pipeline(pipeline_file)), dry_run=dry_run, keep=timedelta(days=keep_days))
    if json:
        show_json(report.as_json())
        return
    would = "would be " if dry_run else ""
    expired, tagged = (sum(len(of_table) for of_table in found.values()) for found in (report.expired, report.tagged))
    size = sum(report.removed.values())
    stderr_console.print(f"{expired:,} snapshots {would}expired, {tagged:,} kept for their tags", highlight=False)
    stderr_console.print(f"{len(report.removed):,} files of {size:,} bytes {would}removed", highlight=False)
    for table, of_table in sorted(report.held.items()):
        for tag, held in sorted(of_table.items()):
            stderr_console.print(f"tag {tag} of {table} alone holds {held:,} bytes", highlight=False, markup=False)
    for path, of_file in sorted(report.removed.items()):
        typer.echo(f"{of_file:>14,}  {path}")


@maintenance_commands.command("freeze")
def freeze_command(
    pipeline_file: PipelineFile,
    tag: Annotated[str, typer.Argument(help="Name of the frozen crops; letters, digits, dots and dashes.", show_default=False)],
    json: AsJson = False,
) -> None:
    """Freeze the present crops under a tag, so that `evaluation.frozen` can hold models against the same ones for ever."""
    from lake.configuration import NAME
    from lake.frozen import freeze
    from lake.lake import open_lake
    from lake.pipeline_file import load_pipeline

    if not re.fullmatch(NAME, tag):
        raise ConfigurationError(f"expected a tag of letters, digits, dots, dashes and underscores, at most 64, got {tag!r}")
    snapshot = freeze(open_lake(load_pipeline(pipeline_file)), tag)
    if json:
        show_json({"tag": tag, "snapshot": snapshot.snapshot_id, "content": snapshot.content})
        return
    stderr_console.print(f"crops as of snapshot {snapshot.snapshot_id} are frozen; evaluate on them with", highlight=False, markup=False)
    stderr_console.print(f"  evaluation: {{frozen: {tag}}}", highlight=False, markup=False)
