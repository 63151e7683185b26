import time

import pytest

from lake.errors import InputError
from lake.lake import Lake
from lake.sql.query import run_sql
from lake.storage.carried_catalog import carried_state
from lake.storage.store import Store
from lake.storage.table_states import TableState
from tests.support.publications import publish_rejects

COUNT = "SELECT source, count(*) AS n FROM rejects GROUP BY source ORDER BY source"


def test_a_query_sees_the_live_rows(lake: Lake) -> None:
    publish_rejects(lake, "a", [1, 2])
    publish_rejects(lake, "b", [3])
    publish_rejects(lake, "a", [4])
    assert run_sql(lake, COUNT).to_pylist() == [{"source": "a", "n": 1}, {"source": "b", "n": 1}]


def test_a_table_that_was_not_published_is_empty_with_its_columns(lake: Lake) -> None:
    rows = run_sql(lake, "SELECT * FROM crops")
    assert rows.num_rows == 0
    assert rows.schema.names[:2] == ["crop_id", "instance_id"]


def test_a_query_loads_only_the_tables_that_it_names(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_rejects(lake, "a", [1])
    loaded: list[str] = []

    def read(store: Store, namespace: str, table: str) -> TableState | None:
        loaded.append(table)
        return carried_state(store, namespace, table)

    monkeypatch.setattr("lake.lake.carried_state", read)
    assert run_sql(lake, COUNT).num_rows == 1
    assert set(loaded) == {"rejects"}


def test_tables_join(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    query = "SELECT r.source_ref FROM rejects r LEFT JOIN images i ON i.source = r.source WHERE i.image_id IS NULL"
    assert run_sql(lake, query).to_pylist() == [{"source_ref": "row 1"}]


def test_a_query_as_of_a_tag_sees_every_table_as_it_was_then(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    first = lake.snapshot("rejects")
    lake.tag("rejects", first.snapshot_id, "night-1")
    time.sleep(0.01)
    publish_rejects(lake, "b", [2])
    for as_of in ("night-1", first.snapshot_id, str(first.snapshot_id), first.committed_at):
        assert run_sql(lake, COUNT, as_of=as_of).to_pylist() == [{"source": "a", "n": 1}]
    assert run_sql(lake, COUNT, as_of="2001-01-01").num_rows == 0
    with pytest.raises(InputError, match="as of 'night-2': expected"):
        run_sql(lake, COUNT, as_of="night-2")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/hostname.csv'",
        "SELECT * FROM glob('/*')",
        "COPY rejects TO '/tmp/rejects.csv'",
        "ATTACH '/tmp/other.db'",
        "SET enable_external_access = true",
        "SELECT * FROM lake",
        "SELECT * FROM nowhere",
        "SELEC 1",
    ],
)
def test_nothing_but_the_tables_can_be_reached(lake: Lake, query: str) -> None:
    with pytest.raises(InputError, match="the query cannot be run"):
        run_sql(lake, query)


def test_of_several_statements_the_last_one_returns_its_rows(lake: Lake) -> None:
    assert run_sql(lake, "CREATE TABLE t AS SELECT 1 AS x; SELECT x FROM t").to_pylist() == [{"x": 1}]
