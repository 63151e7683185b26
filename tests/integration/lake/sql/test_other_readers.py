"""The tables are read without any of our code, as docs/lake.md says: pyiceberg alone, DuckDB, plain pandas."""

from pathlib import Path

import duckdb
import pandas as pd
import pytest
from pyiceberg.catalog import load_catalog

from lake.lake import Lake, connect_lake
from tests.support.publications import publish_rejects

EXPECTED = ["row 2", "row 3", "row 4"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake that was published to, replaced and appended to."""
    made = connect_lake(str(tmp_path / "store"), name="nightly")
    publish_rejects(made, "a", [1])
    publish_rejects(made, "b", [2])
    made.tag("rejects", made.snapshot("rejects").snapshot_id, "night-1")
    publish_rejects(made, "a", [3])
    publish_rejects(made, "b", [4], mode="append")
    return made


def test_pyiceberg_alone_reads_a_table_and_its_past(lake: Lake) -> None:
    catalog = load_catalog("centrepiece", type="sql", uri=f"sqlite:///{lake.store.root}/catalog.db")
    table = catalog.load_table("nightly.rejects")
    assert sorted(table.scan().to_arrow()["source_ref"].to_pylist()) == EXPECTED
    assert table.scan(row_filter="source = 'a'", selected_fields=("source_ref",)).to_arrow().num_rows == 1
    then = table.snapshot_by_name("night-1")
    assert then is not None
    assert table.scan(snapshot_id=then.snapshot_id).to_arrow().num_rows == 2
    catalog.close()


def test_duckdb_reads_the_files_that_pyiceberg_plans(lake: Lake) -> None:
    catalog = load_catalog("centrepiece", type="sql", uri=f"sqlite:///{lake.store.root}/catalog.db")
    files = [task.file.file_path for task in catalog.load_table("nightly.rejects").scan().plan_files()]
    with duckdb.connect() as connection:
        query = "SELECT source_ref FROM read_parquet(?, hive_partitioning = false) ORDER BY source_ref"
        assert [row[0] for row in connection.execute(query, [files]).fetchall()] == EXPECTED
    catalog.close()


def test_plain_pandas_reads_a_file_or_a_publication(lake: Lake) -> None:
    catalog = load_catalog("centrepiece", type="sql", uri=f"sqlite:///{lake.store.root}/catalog.db")
    files = [task.file.file_path for task in catalog.load_table("nightly.rejects").scan().plan_files()]
    rows = pd.concat(pd.read_parquet(file, partitioning=None) for file in files)
    assert sorted(rows["source_ref"]) == EXPECTED
    assert list(rows.columns[:3]) == ["reject_id", "stage", "source"]
    catalog.close()
