"""A night is disturbed at one point after the other; after the next run its tables are those of an undisturbed one.

Rows, files and their digests, contents, and the number of snapshots: nothing lost, nothing twice. Each kind of
disturbance prints its points and what came of them (run pytest with -s, or see the captured output).
"""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lake.doctor import examine_lake
from lake.gc import gc
from lake.lake import connect
from tests import disturbances
from tests.faulty_endpoints import faulty_endpoint
from tests.nights import fingerprint, run_night
from tests.services import environment

THOROUGH = os.environ.get("CENTREPIECE_FAULTS") == "all"
"""All 52 points take a quarter of an hour; without the setting a third of them stands for the rest."""
KILLS = 30 if THOROUGH else 9
A_YEAR = timedelta(days=365)
DISCONNECTS = 10 if THOROUGH else 3
DISKS_KIB = (60, 200, 330, 460) if THOROUGH else (60, 330)
_UPLOADS = (
    ("before", "shard-00000", 1),
    ("during", "shard-00002", 5),
    ("after", "publications/", 2),
    ("before", ".avro", 3),
    ("after", "snap-", 4),
    ("before", ".metadata.json", 4),
    ("during", ".metadata.json", 5),
    ("after", ".metadata.json", 8),
)
UPLOADS = _UPLOADS if THOROUGH else _UPLOADS[1::3]
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.disturbances"])

Row = tuple[str, str, str]


def _in_a_process(target: Callable[..., None], *arguments: object) -> int:
    process = _FORKS.Process(target=target, args=arguments)
    process.start()
    process.join()
    code = process.exitcode
    process.close()
    assert code is not None
    return code


def _spread(calls: int, points: int) -> list[int]:
    return [1 + index * (calls - 1) // (points - 1) for index in range(points)]


def _show(capsys: pytest.CaptureFixture[str], rows: list[Row]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    with capsys.disabled():
        sys.stdout.write("\n")
        for row in rows:
            sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")


def _check(store: str, catalog: str | None, expected: dict[str, Any], told: Path) -> str:
    assert _in_a_process(disturbances.night_that_is_completed, store, catalog, str(told)) == 0
    assert json.loads(told.read_text())["published"] == expected
    lake = connect(store, catalog=catalog)
    assert [finding.message for finding in examine_lake(lake, verify=True) if finding.level == "fault"] == []
    swept = gc(lake, dry_run=True, keep=A_YEAR, grace=timedelta(0))
    return f"as undisturbed; {len(swept.removed)} files for gc"


@pytest.mark.slow
def test_a_run_that_is_killed_anywhere_is_completed_by_the_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = tmp_path / "told"
    counting = (str(tmp_path / "quiet"), None, disturbances.LAKE_AND_ICEBERG, str(told))
    assert _in_a_process(disturbances.count_calls, *counting) == 0
    quiet = json.loads(told.read_text())
    rows: list[Row] = [("SIGKILL of the driver at call", "in", "after the next run")]
    for at in _spread(quiet["calls"] - 50, KILLS):
        store = str(tmp_path / f"killed at {at}")
        assert _in_a_process(disturbances.night_that_is_killed, store, None, at, str(told)) == -9
        where = told.read_text()
        rows.append((f"{at:,} of {quiet['calls']:,}", where, _check(store, None, quiet["published"], told)))
        shutil.rmtree(store)
    _show(capsys, rows)


@pytest.mark.slow
def test_a_run_whose_catalog_hangs_up_anywhere_is_right_or_completed_by_the_next(
    tmp_path: Path, new_database: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "told"
    counting = (str(tmp_path / "quiet"), new_database(), disturbances.DATABASE, str(told))
    assert _in_a_process(disturbances.count_calls, *counting) == 0
    quiet = json.loads(told.read_text())
    rows: list[Row] = [("PostgreSQL cuts all connections at call", "in", "this run, and after the next")]
    for at in _spread(quiet["calls"] - 50, DISCONNECTS):
        store, catalog = str(tmp_path / f"cut at {at}"), new_database()
        code = _in_a_process(disturbances.night_that_is_disconnected, store, catalog, at, str(told))
        where, ended = told.read_text(), "went through" if code == 0 else "ended with an error"
        outcome = _check(store, catalog, quiet["published"], told)
        rows.append((f"{at:,} of {quiet['calls']:,}", where, f"{ended}; {outcome}"))
    _show(capsys, rows)


@pytest.mark.slow
def test_a_run_on_a_full_disk_is_completed_once_there_is_room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False).returncode != 0:
        pytest.skip("a disk of a test's own needs `unshare -rm`, which this machine does not allow")
    quiet = connect(str(tmp_path / "quiet"))
    run_night(quiet)
    rows: list[Row] = [("a disk of", "this run", "after the next run")]
    for kib in DISKS_KIB:
        folder = tmp_path / f"disk of {kib}"
        folder.mkdir()
        command = ["unshare", "-rm", sys.executable, "-m", "tests.full_disks", str(folder), str(kib)]
        done = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=300).stdout)
        assert done["published"] == fingerprint(quiet)
        assert done["faults"] == []
        rows.append((f"{kib} KiB", done["ended"], "as undisturbed"))
    assert any("No space left" in row[1] or "full" in row[1] for row in rows)
    _show(capsys, rows)


@pytest.mark.slow
def test_a_run_whose_endpoint_goes_dead_is_completed_once_it_answers(
    tmp_path: Path, moto_bucket: str, moto_endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = connect(str(tmp_path / "quiet"))
    run_night(quiet)
    rows: list[Row] = [("S3 goes dead", "this run", "after the next run")]
    with faulty_endpoint(moto_endpoint) as (endpoint, plan), environment({"AWS_ENDPOINT_URL": endpoint}):
        for number, (moment, text, count) in enumerate(UPLOADS):
            store, catalog = f"{moto_bucket}/night-{number}", f"sqlite:///{tmp_path}/{number}.db"
            plan.break_off(moment, text, count)
            ended = _night_against(store, catalog)
            assert plan.is_dead
            plan.heal()
            lake = connect(store, catalog=catalog)
            run_night(lake)
            assert fingerprint(lake) == fingerprint(quiet)
            assert [finding.message for finding in examine_lake(lake, verify=True) if finding.level == "fault"] == []
            rows.append((f"{moment} upload {count} of …{text}…", ended, "as undisturbed"))
    _show(capsys, rows)


def _night_against(store: str, catalog: str) -> str:
    try:
        run_night(connect(store, catalog=catalog))
    except Exception as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0][:60]}"
    return "went through"
