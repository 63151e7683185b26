"""Files of small tables are listed without pyiceberg, and are those that pyiceberg plans."""

from pathlib import Path

import pytest

from lake.errors import DamagedFileError
from lake.lake import Lake, connect_lake
from lake.storage.carried_catalog import carried_state, carries_catalog
from lake.storage.iceberg_tables import as_iceberg, planned_files, state_of
from lake.storage.live_files import live_files
from lake.storage.store import Store
from tests.support.publications import publish_rejects


@pytest.fixture(scope="module")
def busy_lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A table with parts that were added, replaced, emptied and tagged."""
    lake = connect_lake(str(tmp_path_factory.mktemp("busy")))
    for source, numbers in (("a", [1, 2]), ("b", [3]), ("a", [4]), ("c", []), ("d", [5, 6, 7]), ("b", [])):
        publish_rejects(lake, source, numbers)
    lake.tag("rejects", lake.snapshot("rejects").snapshot_id, "night-1")
    publish_rejects(lake, "e", [8])
    return lake


def test_a_table_is_the_same_whoever_reads_its_metadata(busy_lake: Lake) -> None:
    carried = carried_state(busy_lake.store, busy_lake.namespace, "rejects")
    loaded = state_of(busy_lake.table("rejects"))
    assert carried is not None and len(carried.snapshots) == 7 and carried.tags
    for name in ("location", "properties", "current_snapshot_id", "snapshots", "tags", "metadata_location"):
        mine, theirs = getattr(carried, name), getattr(loaded, name)
        assert mine == theirs, name


@pytest.mark.parametrize("where", [{}, {"source": "a"}, {"source": ["b", "d"]}, {"source": []}, {"stage": "ingest", "source": "e"}])
def test_the_files_are_those_that_pyiceberg_plans(busy_lake: Lake, where: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> None:
    state = busy_lake.state("rejects")
    found = {one.snapshot_id: live_files(busy_lake.store, state, where, one.snapshot_id) for one in state.snapshots}
    planned = {one: [file for file, _ in planned_files(busy_lake.store, as_iceberg(state), where, one)] for one in found}
    assert found == planned
    monkeypatch.setattr("lake.storage.live_files.LARGEST_MANIFESTS", 0)
    assert found == {one: live_files(busy_lake.store, state, where, one) for one in found}


def test_a_filter_by_another_column_is_planned_by_pyiceberg(busy_lake: Lake) -> None:
    assert live_files(busy_lake.store, busy_lake.state("rejects"), {"reason": "none such"}, busy_lake.snapshot("rejects").snapshot_id) == []
    assert {file.part["source"] for file in busy_lake.files("rejects", where={"reason": "corrupt-image"})} <= {"a", "d", "e"}


def test_a_changed_bit_of_a_manifest_is_told(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    for manifest in Path(lake.store.root, "tables/rejects/metadata").glob("*.avro"):
        data = bytearray(manifest.read_bytes())
        data[len(data) // 2] ^= 1
        manifest.write_bytes(data)
    with pytest.raises(DamagedFileError, match="does not match its seal"):
        lake.files("rejects")


def test_a_store_without_a_catalog_carries_none(tmp_path: Path) -> None:
    assert not carries_catalog(Store(str(tmp_path))) and not (tmp_path / "catalog.db").exists()
    (tmp_path / "catalog.db").write_bytes(b"no database" * 100)
    assert not carries_catalog(Store(str(tmp_path)))
