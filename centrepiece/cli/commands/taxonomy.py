"""Commands about the taxonomy: what it makes of the labels in use, and what unmapped labels probably mean."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    from lake.pipeline_file import load_pipeline
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
def suggest_command(
    pipeline_file: PipelineFile,
    write: Annotated[bool, typer.Option("--write", help="Write the proposals into the label maps.")] = False,
    as_of: AsOfOption = None,
    json: AsJson = False,
) -> None:
    """Propose a class for every label that no map knows, as YAML for the label maps; sources need not be ingested yet."""
    from lake.pipeline_file import load_pipeline
    from taxonomy.map_files import write_label_maps
    from taxonomy.suggestions import as_label_maps, suggest

    pipeline = load_pipeline(pipeline_file)
    labelling, in_use = _labelling(pipeline, as_of)
    found = suggest(labelling, in_use)
    written = write_label_maps(labelling, found) if write else []
    for one in written:
        stderr_console.print(f"{one.path}: {one.added:,} entries added; look them over", highlight=False, markup=False)
        if one.left:
            left = ", ".join(map(repr, one.left))
            told = f"  nothing is near {left}: name their classes (of stuff, one under background), or put under ignore what nobody knows"
            stderr_console.print(told, highlight=False, markup=False)
    if json:
        show_json([asdict(one) for one in found])
        return
    if write and found:
        return
    for customer, text in as_label_maps(found).items():
        stderr_console.print(f"for {Path(pipeline.label_maps) / f'{customer}.yaml'}:", highlight=False, markup=False)
        typer.echo(text)
    if not found:
        stderr_console.print("every label in use is mapped")


def _labelling(pipeline: "Pipeline", as_of: str | None) -> "tuple[Labelling, list[LabelCount]]":
    from taxonomy.labelling import load_labelling

    return load_labelling(pipeline.taxonomy, pipeline.label_maps, may_be_missing=True), _labels_in_use(pipeline, as_of)


def _labels_in_use(pipeline: "Pipeline", as_of: str | None) -> "list[LabelCount]":
    """Count the labels of `annotations` and, of sources that are not in the lake yet, those of their exports."""
    from jobs.label.instances import LABEL_COLUMNS, joined_counts, label_counts
    from lake.lake import open_lake

    lake = open_lake(pipeline)
    if as_of is not None or lake.has("annotations"):
        lake = lake.pinned(as_of, tables=("annotations", "images"))
        named = {"source": [source.name for source in pipeline.sources]}
        counts = label_counts(lake.batches("annotations", columns=LABEL_COLUMNS, where=named))
    else:
        counts = []
    if as_of is not None:
        return counts
    known = set(lake.read("images", columns=("source",)).column("source").to_pylist()) if lake.has("images") else set()
    waiting = [source for source in pipeline.sources if source.name not in known]
    if not waiting:
        return counts
    from jobs.label.export_labels import export_label_counts

    for source in waiting:
        told = f"source {source.name} is not ingested yet: its labels are counted in the export"
        stderr_console.print(told, highlight=False, markup=False)
    return joined_counts([counts, *(export_label_counts(source, lake.store) for source in waiting)])


def _coverage_table(found: "Coverage") -> Table:
    table = Table("customer", "label", "instances", "class", "becomes")
    for row in found.labels:
        table.add_row(escape(row.customer), escape(row.label), f"{row.count:,}", row.class_path, row.state)
    return table
