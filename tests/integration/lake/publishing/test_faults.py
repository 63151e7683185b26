"""A night is disturbed at one point after the other; after the next run its tables are those of an undisturbed one.

Rows, files and their digests, contents, and the number of snapshots: nothing lost, nothing twice. Each kind of
disturbance prints its points and what came of them, whatever pytest captures. Spark's workers are killed in
`test_spark_workers.py`.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, TypeVar

import pytest

from lake.lake import connect_lake
from tests.support import disturbances
from tests.support.disturbances import Place
from tests.support.faulty_endpoints import faulty_endpoint
from tests.support.forks import FORKS
from tests.support.nights import fingerprint, run_night
from tests.support.services import CREDENTIALS

THOROUGH = os.environ.get("CENTREPIECE_FAULTS") == "all"
"""`make faults` disturbs at twice as many points."""
KILLS = 48 if THOROUGH else 22
DISCONNECTS = 20 if THOROUGH else 8
DISKS_KIB = (60, 100, 150, 200, 250, 300, 330, 400, 460, 520) if THOROUGH else (60, 200, 330, 460)
_UPLOADS = (
    ("before", ".metadata.json", 4),
    ("during", ".metadata.json", 5),
    ("after", ".metadata.json", 8),
    ("refused", ".metadata.json", 6),
    ("during", "shard-00002", 5),
    ("after", "publications/", 2),
    ("before", ".avro", 3),
    ("refused", "snap-", 4),
    # further ones
    ("before", "shard-00000", 1),
    ("after", "snap-", 4),
    ("refused", "shard-00001", 2),
    ("refused", "publications/", 3),
    ("during", "snap-", 2),
    ("after", ".avro", 6),
    ("before", ".metadata.json", 11),
    ("after", ".metadata.json", 1),
)
UPLOADS = _UPLOADS if THOROUGH else _UPLOADS[:8]
AT_A_TIME = 3
"""Points that are tried at once, each in processes of its own: a night waits more than it computes."""
_FORKING = threading.Lock()
"""A process that starts reads how others ended: of two threads that read at once, one would be told 255."""

Point = TypeVar("Point")
Row = tuple[str, str, str]


def _in_a_process(target: Callable[..., None], *arguments: object) -> int:
    process = FORKS.Process(target=target, args=arguments)
    with _FORKING:
        process.start()
    wait([process.sentinel])
    with _FORKING:
        code = process.exitcode
        process.close()
    assert code is not None
    return code


def _spread(calls: int, points: int) -> list[int]:
    return [1 + index * (calls - 51) // (points - 1) for index in range(points)]


def _each(capsys: pytest.CaptureFixture[str], head: Row, points: Sequence[Point], tried: Callable[[Point], Row]) -> list[Row]:
    with ThreadPoolExecutor(AT_A_TIME) as tries:
        rows = [head, *tries.map(tried, points)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    with capsys.disabled():
        sys.stdout.write("\n")
        for row in rows:
            sys.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n")
    assert len(rows) > len(points) > 0
    return rows[1:]


def _counted(folder: Path, catalog: str | None, modules: Iterable[str]) -> dict[str, Any]:
    quiet = Place(str(folder / "quiet"), catalog, folder / "quiet.json")
    assert _in_a_process(disturbances.night_that_is_counted, quiet, tuple(modules)) == 0
    word: dict[str, Any] = quiet.word()
    assert word["published"]
    return word


def _check_the_next_run(place: Place, published: dict[str, Any]) -> str:
    assert _in_a_process(disturbances.night_that_is_completed, place) == 0
    word = place.word()
    assert word["published"] == published
    assert word["faults"] == []
    return f"as undisturbed; {word['garbage']} files for gc"


@pytest.mark.slow
def test_a_run_that_is_killed_anywhere_is_completed_by_the_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = _counted(tmp_path, None, disturbances.LAKE_AND_ICEBERG)

    def killed(at: int) -> Row:
        place = Place(str(tmp_path / f"killed at {at}"), None, tmp_path / f"{at}.json")
        assert _in_a_process(disturbances.night_that_is_killed, place, at) == -9
        where = place.word()
        outcome = _check_the_next_run(place, quiet["published"])
        shutil.rmtree(place.store)
        return f"{at:,} of {quiet['calls']:,}", where, outcome

    _each(capsys, ("SIGKILL of the driver at call", "in", "after the next run"), _spread(quiet["calls"], KILLS), killed)


@pytest.mark.slow
def test_a_run_whose_catalog_hangs_up_anywhere_is_right_or_completed_by_the_next(
    tmp_path: Path, new_database: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = _counted(tmp_path, new_database(), disturbances.DATABASE)

    def cut(at: int) -> Row:
        place = Place(str(tmp_path / f"cut at {at}"), new_database(), tmp_path / f"{at}.json")
        code = _in_a_process(disturbances.night_that_is_disconnected, place, at)
        where, ended = place.word(), "went through" if code == 0 else "ended with an error"
        return f"{at:,} of {quiet['calls']:,}", where, f"{ended}; {_check_the_next_run(place, quiet['published'])}"

    head = ("PostgreSQL cuts all connections at call", "in", "this run, and after the next")
    _each(capsys, head, _spread(quiet["calls"], DISCONNECTS), cut)


@pytest.mark.slow
def test_a_run_on_a_full_disk_is_completed_once_there_is_room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"], check=False).returncode != 0:
        pytest.skip("a disk of a test's own needs `unshare -rm`, which this machine does not allow")
    quiet = connect_lake(str(tmp_path / "quiet"))
    run_night(quiet)
    published = fingerprint(quiet)

    def filled(kib: int) -> Row:
        folder = tmp_path / f"disk of {kib}"
        folder.mkdir()
        command = ["unshare", "-rm", sys.executable, "-m", "tests.support.full_disks", str(folder), str(kib)]
        done = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=300).stdout)
        assert (done["published"], done["faults"]) == (published, [])
        return f"{kib} KiB", done["ended"], "as undisturbed"

    rows = _each(capsys, ("a disk of", "this run", "after the next run"), DISKS_KIB, filled)
    assert any("No space left" in row[1] or "full" in row[1] for row in rows)


@pytest.mark.slow
def test_a_run_whose_endpoint_fails_is_completed_once_it_answers(
    tmp_path: Path, moto_bucket: str, moto_endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = connect_lake(str(tmp_path / "quiet"))
    run_night(quiet)
    published = fingerprint(quiet)

    def broken_off(moment: str, text: str, count: int) -> Row:
        name = f"night-{UPLOADS.index((moment, text, count))}"  # the text itself would be in every path
        with faulty_endpoint(moto_endpoint) as (endpoint, plan):
            environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint}
            place = Place(f"{moto_bucket}/{name}", f"sqlite:///{tmp_path}/{name}.db", tmp_path / f"{name}.json", environment)
            plan.break_off(moment, text, count)
            assert _in_a_process(disturbances.night_that_may_fail, place) == 0
            assert plan.is_dead
            ended = place.word()
            plan.heal()
            return f"{moment} upload {count} of …{text}…", ended, _check_the_next_run(place, published)

    head = ("S3 fails for good", "this run", "after the next run")
    _each(capsys, head, UPLOADS, lambda upload: partial(broken_off, *upload)())
