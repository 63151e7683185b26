"""Commands about the taxonomy: what it makes of the labels in use, and what unmapped labels probably mean."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from centrepiece.cli.options import AsJson, AsOfOption, PipelineFile
from centrepiece.cli.terminal import show_json, stderr_console

if TYPE_CHECKING:
    from lake.configuration import Pipeline
    from taxonomy.coverage import Coverage
    from taxonomy.labelling import LabelCount, Labelling

taxonomy_commands = typer.Typer(no_args_is_help=True, help="What the taxonomy makes of the labels in use.")


@taxonomy_commands.command("coverage")
def coverage_command(pipeline_file: PipelineFile, as_of: AsOfOption = None, json: AsJson = False) -> None:
    """Show every customer's labels, what becomes of them, and which classes and map entries nothing uses."""
    from lake.configuration import load_pipeline
    from taxonomy.coverage import coverage

    pipeline = load_pipeline(pipeline_file)
    found = coverage(*_labelling(pipeline, as_of))
    if json:
        show_json(asdict(found) | {"totals": found.totals()})
        return
    stderr_console.print(_coverage_table(found))
    for path in found.unused_classes:
        stderr_console.print(f"no label in use means {path}", highlight=False, markup=False)
    for customer, label in found.unused_entries:
        stderr_console.print(f"label {label!r} of customer {customer!r} is mapped and not in use", highlight=False, markup=False)


@taxonomy_commands.command("suggest")
def suggest_command(pipeline_file: PipelineFile, as_of: AsOfOption = None, json: AsJson = False) -> None:
    """Propose a class for every label that no map knows, as YAML to paste into the label maps."""
    from lake.configuration import load_pipeline
    from taxonomy.suggestions import as_label_maps, suggest

    pipeline = load_pipeline(pipeline_file)
    found = suggest(*_labelling(pipeline, as_of))
    if json:
        show_json([asdict(one) for one in found])
        return
    for customer, text in as_label_maps(found).items():
        stderr_console.print(f"for {Path(pipeline.label_maps) / f'{customer}.yaml'}:", highlight=False, markup=False)
        typer.echo(text)
    if not found:
        stderr_console.print("every label in use is mapped")


def _labelling(pipeline: "Pipeline", as_of: str | None) -> "tuple[Labelling, list[LabelCount]]":
    from jobs.label.instances import LABEL_COLUMNS, label_counts
    from lake.lake import open_lake
    from taxonomy.labelling import load_labelling

    in_use = label_counts(open_lake(pipeline).pinned(as_of, tables=("annotations",)).batches("annotations", columns=LABEL_COLUMNS))
    return load_labelling(pipeline.taxonomy, pipeline.label_maps), in_use


def _coverage_table(found: "Coverage") -> Table:
    table = Table("customer", "label", "instances", "class", "becomes")
    for row in found.labels:
        table.add_row(escape(row.customer), escape(row.label), f"{row.count:,}", row.class_path, row.state)
    return table
