"""The Python API reads tables as of any time, runs stages, and costs nothing to import."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

import centrepiece
from lake.contracts import Model
from lake.errors import ConfigurationError, ContractError, MissingTableError
from lake.lake import Lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import shard_name, write_shard
from lake.schemas import table_of
from tests.architecture.test_layers import HEAVY

PIPELINE = """
name: tests
store: store
taxonomy: taxonomy.yaml
label_maps: maps/
gates: gates.yaml
sources:
  - {name: coco, customer: coco, domain: everyday, format: coco, scene: partial, annotations: a.json}
"""


def publish_models(lake: Lake, *names: str) -> int:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    digests = {name: name.encode().hex().ljust(64, "0") for name in names}
    rows = table_of(Model, [Model(d, n, "nano", "none", "0" * 64, "0" * 64, 1, "none", "{}", "abc", now) for n, d in digests.items()])
    key = "-".join(names).encode().hex().ljust(64, "0")[:64]
    receipt = write_shard(lake.location("models", key), shard_name(0, 1), [rows])
    outputs = [Output("models", {}, [receipt])]
    report = publish_stage(lake, stage="fit", key=key, rows_in=len(names), rows_out=len(names), rejected={}, outputs=outputs)
    return report.snapshots["models"]


@pytest.fixture
def folder(lake: Lake, tmp_path: Path) -> Path:
    """A pipeline whose store holds two states of `models`: a alone, then a and b."""
    lake.tag("models", publish_models(lake, "a"), "first")
    publish_models(lake, "a", "b")
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    return tmp_path


def test_a_store_is_queried_read_and_streamed(folder: Path) -> None:
    store = centrepiece.connect(str(folder / "store"))
    assert store.tables() == ["models"]
    assert store.sql("SELECT count(*) AS n FROM models").to_pylist() == [{"n": 2}]
    assert store.read("models", ["name", "network"], {"name": "b"}).to_pylist() == [{"name": "b", "network": "nano"}]
    batches = list(store.batches("models", ["name"], batch_rows=1))
    assert pa.Table.from_batches(batches).column("name").to_pylist() == ["a", "b"] and len(batches) == 2


def test_everything_is_read_as_of_a_tag_or_a_time(folder: Path) -> None:
    store = centrepiece.connect(str(folder / "store"))
    assert store.sql("SELECT name FROM models", as_of="first").column("name").to_pylist() == ["a"]
    assert store.read("models", ["name"], as_of="first").column("name").to_pylist() == ["a"]
    assert [batch.num_rows for batch in store.batches("models", ["name"], as_of="first")] == [1]
    with pytest.raises(MissingTableError, match="had not been published"):
        store.read("models", as_of=datetime.now(UTC) - timedelta(days=1))


def test_what_is_not_there_is_said(folder: Path) -> None:
    store = centrepiece.connect(str(folder / "store"))
    with pytest.raises(ContractError, match="unknown table 'model'; the tables are images"):
        store.read("model")
    with pytest.raises(ContractError, match=r"table 'models' has no column \['colour'\]"):
        store.read("models", ["colour"])
    with pytest.raises(MissingTableError, match="run the stage that writes it"):
        store.read("crops")


def test_a_pipeline_is_read_in_the_same_way_and_its_stages_run(folder: Path) -> None:
    pipeline = centrepiece.open_pipeline(folder / "pipeline.yaml")
    assert pipeline.pipeline.name == "tests"
    assert pipeline.tables() == ["models"] and pipeline.read("models", ["name"]).num_rows == 2
    with pytest.raises(ConfigurationError, match="no stage 'crops'; stages are ingest, label"):
        pipeline.run("crops")


def test_importing_it_loads_no_heavy_library() -> None:
    code = "import centrepiece, sys; print(*sys.modules); print(centrepiece.__version__)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120).stdout
    modules, version = said.splitlines()
    assert {name.split(".")[0] for name in modules.split()} & HEAVY == set()
    assert version[0].isdigit()
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        _ = centrepiece.colour
