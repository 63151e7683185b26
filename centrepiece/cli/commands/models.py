"""Commands that delete registered models."""

from typing import TYPE_CHECKING, Annotated

import typer

from centrepiece.cli.options import AsJson, PipelineFile
from centrepiece.cli.terminal import show_json, stderr_console

if TYPE_CHECKING:
    from evaluation.gate.deletion import Deletion

model_commands = typer.Typer(no_args_is_help=True, help="Delete models that are needed no longer.")


@model_commands.command("delete")
def delete_command(
    pipeline_file: PipelineFile,
    model: Annotated[str, typer.Argument(help="A digest, a prefix of one, or an alias.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Also the candidate, or the model to roll back to.")] = False,
    json: AsJson = False,
) -> None:
    """Delete a model with its weights and the tags that kept its crops and scores; never the champion."""
    from evaluation.gate.deletion import delete_model
    from lake.lake import open_lake
    from lake.pipeline_file import load_pipeline

    _tell([delete_model(open_lake(load_pipeline(pipeline_file)), model, force=force)], as_json=json)


@model_commands.command("prune")
def prune_command(
    pipeline_file: PipelineFile,
    keep: Annotated[int, typer.Option(min=1, help="How many of the newest models stay.")] = 10,
    json: AsJson = False,
) -> None:
    """Delete all but the newest models; champion, candidate and the model to roll back to stay."""
    from evaluation.gate.deletion import prune_models
    from lake.lake import open_lake
    from lake.pipeline_file import load_pipeline

    _tell(prune_models(open_lake(load_pipeline(pipeline_file)), keep=keep), as_json=json)


def _tell(deleted: "list[Deletion]", *, as_json: bool) -> None:
    if as_json:
        show_json([deletion.as_json() for deletion in deleted])
        return
    for deletion in deleted:
        size = sum(deletion.removed.values())
        told = f"{deletion.model[:12]} is deleted: {size:,} bytes of files, tags {', '.join(deletion.tags) or 'none'}"
        stderr_console.print(told, highlight=False, markup=False)
    stderr_console.print(f"{len(deleted):,} models deleted; `centrepiece gc` frees what their tags kept", highlight=False, markup=False)
