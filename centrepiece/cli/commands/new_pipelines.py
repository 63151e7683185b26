"""Commands that begin a pipeline: the demo world, and a pipeline for a folder of COCO images."""

from pathlib import Path
from typing import Annotated

import typer

from centrepiece.cli.run import run_pipeline
from centrepiece.cli.terminal import stderr_console
from jobs.spark.java import require_java

new_pipeline_commands = typer.Typer()


@new_pipeline_commands.command("demo")
def demo_command(
    folder: Annotated[Path, typer.Argument(help="Where to write the world.")] = Path("demo-world"),
    images: Annotated[int, typer.Option(min=3, help="How many images to render, at least one a domain.")] = 60,
    seed: Annotated[int, typer.Option(help="Another seed, another world.")] = 7,
    write_only: Annotated[bool, typer.Option("--write-only", help="Do not run the pipeline on it.")] = False,
) -> None:
    """Render a small labelled world and run the whole pipeline on it."""
    from demo.write import write_demo

    if not write_only:
        require_java()
    pipeline_file = write_demo(folder, images=images, seed=seed)
    stderr_console.print(f"demo world: {pipeline_file}", highlight=False, markup=False)
    if not write_only:
        run_pipeline(pipeline_file, as_json=False)


@new_pipeline_commands.command("init")
def init_command(
    folder: Annotated[Path, typer.Argument(help="Where to write the pipeline.", show_default=False)],
    coco: Annotated[
        tuple[Path, Path], typer.Option("--coco", metavar="ANNOTATIONS IMAGES", help="A COCO JSON file and its folder of images.")
    ],
) -> None:
    """Write a working pipeline for a folder of COCO images: taxonomy, label map, gates and pipeline.yaml."""
    from demo.init_coco import init_coco

    annotations, images = coco
    pipeline_file = init_coco(annotations, images, folder)
    stderr_console.print(f"wrote {pipeline_file}; next: centrepiece run {pipeline_file}", highlight=False, markup=False)
