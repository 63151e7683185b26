"""Arguments and options that several commands take, once."""

from pathlib import Path
from typing import Annotated

import typer

PipelineFile = Annotated[Path, typer.Argument(help="The pipeline's YAML file.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the report as JSON on stdout.")]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="SNAPSHOT|TAG|TIME",
        help="Read the tables as they were: a snapshot id or a tag of any of them, or a time such as 2026-01-31T06:00Z.",
    ),
]
Redo = Annotated[bool, typer.Option("--redo", help="Make again what stands already and whose files are damaged.")]
AcceptLosses = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-losses", metavar="SOURCE", help="Publish this source even if it loses more than `limits` allow; may be repeated."
    ),
]
