"""Commands load what they need and no more: pandas stays out while pyarrow loads, and a command with nothing to do loads no engine."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobs.workers import InProcess
from lake.pipeline_file import load_pipeline
from stages.runner import run_stage
from tests.support.factories import tiny_demo

LOADED = """
import sys
from centrepiece.cli.imports import import_quickly
import_quickly()
import pyarrow as pa, pyarrow.dataset
loaded = "pandas" in sys.modules
print(loaded, pa.table({"a": [1]}).to_pandas()["a"].sum(), pa.array(__import__("pandas").Series([2, None])).null_count)
"""
COMMAND = """
import atexit, sys
from centrepiece.__main__ import start
atexit.register(lambda: print("loaded", *sys.modules))
start()
"""
ENGINES = {
    *(
        "pyspark",
        "prefect",
        "torch",
        "lightning",
        "great_expectations",
        "pandas",
        "numba",
        "llvmlite",
        "scipy",
        "cv2",
        "imagecodecs",
        "PIL",
    ),
    *("boto3", "botocore", "sqlalchemy", "pyiceberg.catalog", "pyiceberg.table", "pyiceberg.manifest", "jinja2"),
}
QUERY_ENGINES = {"duckdb", "pyarrow.dataset", "pyarrow.compute", "pyarrow.parquet"}
STAGES = ("ingest", "label", "balance", "crop")
NOT_LOADED = {
    "sql": ENGINES,
    **dict.fromkeys(STAGES, ENGINES | QUERY_ENGINES | {"jobs.sources.registry", "imaging.images", "lake.publishing.leases"}),
}
"""What each command does without, where every result of its stands: modules, and all below them."""


@pytest.fixture(scope="module")
def standing_pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline whose first stages have nothing to do."""
    file = tiny_demo(tmp_path_factory.mktemp("demo"), images=3)
    for _ in range(2):  # a file that was written just now is not trusted to stay: what is kept of it, the next run keeps
        for stage in STAGES:
            run_stage(stage, load_pipeline(file), workers=InProcess())
    return file


def test_pandas_is_loaded_for_who_uses_it_and_not_by_the_way() -> None:
    said = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=120).stdout
    assert said.split() == ["False", "1", "1"]


@pytest.mark.parametrize("command", NOT_LOADED)
def test_a_command_with_nothing_to_do_loads_no_engine(command: str, standing_pipeline: Path) -> None:
    query = ["SELECT count(*) FROM crops"] if command == "sql" else []
    run = [sys.executable, "-c", COMMAND, command, str(standing_pipeline), *query]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and (command == "sql" or "nothing to do" in done.stderr), done.stderr
    loaded = done.stdout.partition("loaded ")[2].split()
    assert "lake.lake" in loaded
    assert not {name for name in loaded for module in NOT_LOADED[command] if f"{name}.".startswith(f"{module}.")}
