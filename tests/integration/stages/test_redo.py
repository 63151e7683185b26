"""A damaged file of any table is named with the command that makes it again, and these commands mend the whole lake."""

from pathlib import Path

import pyarrow as pa
import pytest

from lake.configuration import Pipeline
from lake.contracts import TABLES as ALL_TABLES
from lake.errors import DamagedFileError
from lake.lake import Lake, open_lake
from lake.maintenance.doctor import Finding, examine
from tests.support.finished_lakes import all_rows, finish, finished_pipeline, flip, run_command

TABLES = [table for table in ALL_TABLES if table != "withdrawals"]  # decisions of people follow from nothing


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return finished_pipeline(tmp_path_factory.mktemp("finished") / "world")


@pytest.fixture(scope="module")
def undisturbed(pipeline: Pipeline) -> dict[str, pa.Table]:
    return all_rows(pipeline)


def harm(lake: Lake, path: str, how: str) -> None:
    if how == "gone":
        Path(lake.store.root, path).unlink()
    else:
        flip(lake, path, 8 * (Path(lake.store.root, path).stat().st_size - 40))


def faults(pipeline: Pipeline) -> list[Finding]:
    return [finding for finding in examine(pipeline, verify=True) if finding.level == "fault"]


def mend(told: str, pipeline: Pipeline) -> None:
    """Run the command that an error names; where that meets other damage, first the one that names it."""
    while True:
        try:
            assert not run_command(told, pipeline).skipped
        except DamagedFileError as error:
            mend(str(error), pipeline)
        else:
            return


@pytest.mark.parametrize("how", ["bit", "gone"])
def test_the_commands_that_the_errors_name_mend_every_table(pipeline: Pipeline, undisturbed: dict[str, pa.Table], how: str) -> None:
    lake = open_lake(pipeline)
    assert set(undisturbed) == set(TABLES)
    contents = {table: lake.snapshot(table).content for table in TABLES}
    for table in TABLES:
        harm(lake, lake.files(table)[0].path, how)
    found = faults(pipeline)
    assert {fault.what for fault in found} == set(TABLES)
    assert all("--redo" in fault.mend + fault.message for fault in found)
    for table in TABLES:
        try:
            lake.read(table)
        except DamagedFileError as error:
            mend(str(error), pipeline)
    rows = all_rows(pipeline)
    assert {table for table in TABLES if not rows[table].equals(undisturbed[table])} == set()
    assert faults(pipeline) == []
    changed = {table for table in TABLES if open_lake(pipeline).snapshot(table).content != contents[table]}
    assert changed == {"predictions"}  # which hold the time that predicting took
    assert {report.stage for report in finish(pipeline) if not report.skipped} <= {"score"}


def test_a_redo_of_what_is_whole_does_nothing(pipeline: Pipeline, undisturbed: dict[str, pa.Table]) -> None:
    snapshots = {table: open_lake(pipeline).snapshot(table).snapshot_id for table in undisturbed}
    assert run_command("`centrepiece ingest PIPELINE --redo`", pipeline).skipped
    assert run_command("`centrepiece crop PIPELINE --redo`", pipeline).skipped
    assert run_command("`centrepiece judge PIPELINE --redo`", pipeline).skipped
    assert {table: open_lake(pipeline).snapshot(table).snapshot_id for table in undisturbed} == snapshots


def test_what_does_not_come_out_byte_for_byte_replaces_the_publication(
    pipeline: Pipeline, undisturbed: dict[str, pa.Table], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stages.redo.put_in_place", lambda *_: False)
    lake = open_lake(pipeline)
    for table in ("instances", "verdicts", "models", "images"):
        before = lake.snapshot(table)
        path = lake.files(table)[0].path
        harm(lake, path, "bit")
        with pytest.raises(DamagedFileError) as told:
            lake.read(table)
        mend(str(told.value), pipeline)
        after = lake.snapshot(table)
        assert path not in [file.path for file in lake.files(table)]
        assert after.snapshot_id != before.snapshot_id and after.content == before.content
    monkeypatch.undo()
    rows = all_rows(pipeline)
    assert {table for table in TABLES if not rows[table].equals(undisturbed[table])} == set()
    assert faults(pipeline) == []
    assert all(report.skipped for report in finish(pipeline))
