from pathlib import Path

import pytest

from lake.errors import ConfigurationError
from lake.lake import Lake, connect_lake
from lake.maintenance.doctor import examine_lake
from lake.maintenance.relocation import Relocation, moved_from, relocate
from tests.support.publications import publish_rejects, published_numbers


@pytest.fixture
def moved(lake: Lake, tmp_path: Path) -> Lake:
    """A lake with a history, a tag and an append, after its folder was moved."""
    publish_rejects(lake, "a", [1])
    lake.tag("rejects", lake.snapshot("rejects").snapshot_id, "night-1")
    publish_rejects(lake, "b", [2])
    publish_rejects(lake, "a", [3])
    publish_rejects(lake, "b", [4], mode="append")
    return connect_lake(str(Path(lake.store.root).rename(tmp_path / "an other place")))


def test_a_moved_store_is_found_and_mended(moved: Lake, lake: Lake) -> None:
    assert moved_from(moved) == lake.store.root
    (finding,) = examine_lake(moved)
    assert (finding.level, finding.what) == ("fault", "store")
    assert "--relocate" in finding.mend
    assert relocate(moved) == Relocation(lake.store.root, ("rejects",))
    assert published_numbers(moved) == [2, 3, 4]
    assert moved.read("rejects", as_of="night-1", columns=["source_ref"]).to_pylist() == [{"source_ref": "row 1"}]
    assert [f.message for f in examine_lake(moved, verify=True) if f.level == "fault"] == []
    assert publish_rejects(moved, "a", [3]).skipped
    publish_rejects(moved, "a", [5])
    assert published_numbers(moved) == [2, 4, 5]


def test_relocating_again_changes_nothing(moved: Lake) -> None:
    relocate(moved)
    before = {entry.path: entry.modified for entry in moved.store.entries("tables")}
    assert relocate(moved) == Relocation(None, ())
    assert {entry.path: entry.modified for entry in moved.store.entries("tables")} == before


def test_a_relocation_that_was_interrupted_is_completed(moved: Lake) -> None:
    lists = [path for path in moved.store.list("tables/rejects/metadata") if "/snap-" in path]
    saved = moved.store.read_bytes(lists[-1])
    moved.store.delete(lists[-1])
    with pytest.raises(ConfigurationError, match="cannot be relocated, a file is not there"):
        relocate(moved)
    moved.store.write_bytes(lists[-1], saved)
    relocate(moved)
    assert published_numbers(moved) == [2, 3, 4]


def test_a_store_that_did_not_move_needs_nothing(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    assert moved_from(lake) is None
    assert relocate(lake) == Relocation(None, ())
