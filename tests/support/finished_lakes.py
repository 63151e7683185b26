"""A small lake with every table, made by the stages in this process, and damage done to its files."""

import re
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.workers import InProcess
from lake.configuration import Pipeline
from lake.contracts import TABLES
from lake.lake import Lake, open_lake
from lake.pipeline_file import load_pipeline
from lake.publishing.stage_report import StageReport
from stages.runner import run_stage
from tests.support.factories import tiny_demo
from tests.support.training_lakes import TRAINING

_COMMAND = re.compile(r"`centrepiece (?P<stage>\w+) PIPELINE(?: --source (?P<only>\S+))?(?: --model (?P<model>\S+))? --redo`")


def finished_pipeline(folder: Path, *, images: int = 4) -> Pipeline:
    """Write a tiny demo and run its stages, from ingestion to the verdict on a first model."""
    pipeline = load_pipeline(tiny_demo(folder, images=images, training=TRAINING, evaluation={"jitters": []}))
    finish(pipeline)
    return pipeline


def finish(pipeline: Pipeline) -> list[StageReport]:
    """Run every stage up to the verdict; return their reports."""
    reports = [run_stage(name, pipeline, workers=InProcess()) for name in ("ingest", "label", "balance", "crop", "fit")]
    model = reports[-1].details["model"]
    reports += [run_stage(name, pipeline, workers=InProcess(), model=model) for name in ("predict", "score")]
    return [*reports, run_stage("judge", pipeline, candidate=model)]


def all_rows(pipeline: Pipeline) -> dict[str, pa.Table]:
    """Return the rows of every published table in an order of their own, without the time that predicting took."""
    lake = open_lake(pipeline)
    return {table: _ordered(lake.read(table)) for table in TABLES if lake.has(table)}


def flip(lake: Lake, path: str, bit: int) -> None:
    """Change one bit of a file of a local store; the same again puts it back."""
    file = Path(lake.store.root, path)
    data = bytearray(file.read_bytes())
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    file.write_bytes(data)


def run_command(told: str, pipeline: Pipeline) -> StageReport:
    """Run the command that a message names, in this process."""
    found = _COMMAND.search(told)
    assert found, told
    given: dict[str, Any] = {key: value for key, value in found.groupdict().items() if key != "stage" and value}
    if "model" in given:
        given["model"] = next(row for row in open_lake(pipeline).read("models")["model"].to_pylist() if row.startswith(given["model"]))
    elif found["stage"] in ("predict", "score", "judge"):
        given["candidate" if found["stage"] == "judge" else "model"] = open_lake(pipeline).read("models")["model"][0].as_py()
    return run_stage(found["stage"], pipeline, workers=InProcess(), redo=True, **given)


def _ordered(rows: pa.Table) -> pa.Table:
    kept = [name for name in rows.column_names if name != "latency"]
    return rows.select(kept).sort_by([(name, "ascending") for name in kept if not pa.types.is_binary(rows.schema.field(name).type)])
