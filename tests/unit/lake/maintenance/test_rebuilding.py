"""A lost, empty, old or foreign catalog: nothing is swept, no table is begun anew over another, and all can be registered again."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from lake.errors import ConfigurationError, LostTableError
from lake.lake import Lake, connect_lake
from lake.maintenance.doctor import examine_lake
from lake.maintenance.gc import gc
from lake.maintenance.rebuilding import rebuild_catalog
from lake.sql.query import run_sql
from tests.support.publications import publish_rejects, published_numbers

NOW = timedelta(0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lake = connect_lake(str(tmp_path / "store"), name="tests")
    for night in range(3):
        publish_rejects(lake, "a", range(night, night + 5))
    return tmp_path / "store"


def lose(folder: Path, how: str) -> None:
    """Damage what says which tables there are."""
    if how == "no catalog":
        (folder / "catalog.db").unlink()
    elif how == "another catalog":
        other = connect_lake(str(folder.parent / "other"), name="tests")
        publish_rejects(other, "b", [1])
        shutil.copy(folder.parent / "other" / "catalog.db", folder / "catalog.db")
    else:
        (folder / "lake.json").write_text('{"namespace": "vests"}')


def files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in (folder / "tables").rglob("*") if path.is_file()}


def opened(folder: Path) -> Lake:
    return connect_lake(str(folder), name="tests")


@pytest.mark.parametrize("how", ["no catalog", "lake.json"])
def test_gc_removes_nothing_and_doctor_names_the_mend(folder: Path, how: str) -> None:
    lose(folder, how)
    before = files_of(folder)
    with pytest.raises(ConfigurationError, match=r"does not know rejects .* nothing was removed.* --rebuild-catalog"):
        gc(opened(folder), dry_run=False, keep=NOW, grace=NOW)
    assert files_of(folder) == before
    faults = [finding for finding in examine_lake(opened(folder)) if finding.level == "fault"]
    assert [(finding.what, "--rebuild-catalog" in finding.mend) for finding in faults] == [("rejects", True)]


@pytest.mark.parametrize("how", ["no catalog", "lake.json"])
def test_a_lost_table_is_never_read_as_an_empty_one(folder: Path, how: str) -> None:
    lose(folder, how)
    for read in (lambda lake: run_sql(lake, "SELECT count(*) FROM rejects"), lambda lake: lake.has("rejects")):
        with pytest.raises(LostTableError, match=r"table 'rejects' lies in .* does not know it.* --rebuild-catalog"):
            read(opened(folder))


def test_a_changed_identity_is_told(folder: Path) -> None:
    identity = folder / "lake.json"
    identity.write_text(identity.read_text().replace("tests", "vests"))
    with pytest.raises(ConfigurationError, match=r"lake.json is damaged: .* restore it from a backup, or write it anew"):
        opened(folder)


@pytest.mark.parametrize("how", ["no catalog", "lake.json"])
def test_a_table_is_never_begun_anew_over_the_files_of_another(folder: Path, how: str) -> None:
    lose(folder, how)
    with pytest.raises(ConfigurationError, match=r"table 'rejects' lies in .* does not know it.* --rebuild-catalog"):
        publish_rejects(opened(folder), "a", [9])


def test_a_catalog_of_another_store_is_refused(folder: Path) -> None:
    lose(folder, "another catalog")
    before = files_of(folder)
    with pytest.raises(ConfigurationError, match="lies at"):
        gc(opened(folder), dry_run=False, keep=NOW, grace=NOW)
    assert files_of(folder) == before


@pytest.mark.parametrize("how", ["no catalog", "lake.json"])
def test_a_lost_catalog_is_rebuilt_from_the_store(folder: Path, how: str) -> None:
    expected = published_numbers(opened(folder))
    snapshots = len(opened(folder).table("rejects").metadata.snapshots)
    lose(folder, how)
    registered = rebuild_catalog(opened(folder))
    assert list(registered) == ["rejects"] and "/metadata/0000" in registered["rejects"]
    again = opened(folder)
    assert published_numbers(again) == expected
    assert len(again.table("rejects").metadata.snapshots) == snapshots
    assert rebuild_catalog(again) == {}
    assert publish_rejects(again, "a", range(2, 7)).skipped  # what was published stands
    publish_rejects(again, "a", [100])
    assert published_numbers(again) == [100]
    assert not [finding for finding in examine_lake(again, verify=True) if finding.level == "fault"]


def test_an_old_copy_of_the_catalog_is_noticed_and_brought_up_to_date(folder: Path) -> None:
    shutil.copy(folder / "catalog.db", folder.parent / "copy.db")
    for night in range(3, 6):
        publish_rejects(opened(folder), "a", range(night, night + 5))
    shutil.copy(folder.parent / "copy.db", folder / "catalog.db")
    with pytest.raises(ConfigurationError, match="does not know rejects"):
        gc(opened(folder), dry_run=False, keep=NOW, grace=NOW)
    rebuild_catalog(opened(folder))
    assert published_numbers(opened(folder)) == [5, 6, 7, 8, 9]


def test_damaged_metadata_is_passed_over(folder: Path) -> None:
    newest = max((folder / "tables" / "rejects" / "metadata").glob("*.metadata.json"))
    lose(folder, "no catalog")
    newest.write_bytes(newest.read_bytes()[:100])
    registered = rebuild_catalog(opened(folder))
    assert registered["rejects"] != str(newest.relative_to(folder))
    assert published_numbers(opened(folder))


def test_a_store_without_tables_has_nothing_to_rebuild(tmp_path: Path) -> None:
    lake = connect_lake(str(tmp_path / "store"), name="tests")
    assert rebuild_catalog(lake) == {}
    assert gc(lake, dry_run=True).removed == {}
