"""Ways to disturb a run at a chosen point of its own code, in a process that can be thrown away.

A point is the n-th call, counted in the process's main thread, of a Python function in some modules; the run is
deterministic, so the n-th call is the same one every time. Nothing of the code under test is replaced.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg
import sqlalchemy as sa

from lake.lake import Lake, connect_lake
from lake.maintenance.doctor import examine_lake
from lake.maintenance.gc import gc
from tests.support.nights import fingerprint, run_night

LAKE_AND_ICEBERG = ("lake.", "pyiceberg.catalog.", "pyiceberg.table.", "pyiceberg.io.", "pyiceberg.manifest")
DATABASE = ("sqlalchemy.engine.", "lake.publishing.leases", "lake.publishing.commit_lock")
A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Place:
    """Where a night runs, and the file that it leaves word in."""

    store: str
    catalog: str | None
    told: Path
    environment: dict[str, str] = field(default_factory=dict)

    def open(self) -> Lake:
        """Open the lake in this process, which is the night's own."""
        os.environ.update(self.environment)
        return connect_lake(self.store, catalog=self.catalog)

    def word(self) -> Any:
        """Return what the last process said."""
        return json.loads(self.told.read_text())

    def leave(self, word: Any) -> None:
        """Say something to whoever started this process."""
        self.told.write_text(json.dumps(word))


@dataclass(frozen=True)
class Outcome:
    """What stands after a night that nobody disturbed."""

    published: dict[str, Any]
    faults: list[str]  # of the doctor
    garbage: int  # files that no snapshot names


def night_that_is_counted(place: Place, modules: tuple[str, ...]) -> None:
    """Run a night undisturbed; say how many calls it made, and what stands."""
    lake = place.open()
    counter = _Counter(modules, None, _nothing)
    sys.setprofile(counter.count)
    run_night(lake)
    sys.setprofile(None)
    place.leave({"calls": counter.calls, **asdict(_outcome(lake))})


def night_that_is_killed(place: Place, at: int) -> None:
    """Run a night that is killed by SIGKILL at a call of the lake or of Iceberg."""
    _disturbed(place, _Counter(LAKE_AND_ICEBERG, at, lambda: os.kill(os.getpid(), signal.SIGKILL)))


def night_that_is_disconnected(place: Place, at: int) -> None:
    """Run a night whose connections to PostgreSQL are all cut by the server at a call of the database's client."""
    _disturbed(place, _Counter(DATABASE, at, lambda: _cut_connections(str(place.catalog))))


def night_that_may_fail(place: Place) -> None:
    """Run a night as far as it goes; say how it ended."""
    lake = place.open()
    try:
        run_night(lake)
    except Exception as error:
        place.leave(f"{type(error).__name__}: {str(error).splitlines()[0][:60]}")
    else:
        place.leave("went through")


def night_that_is_completed(place: Place) -> None:
    """Run a night undisturbed; say what stands."""
    lake = place.open()
    run_night(lake)
    place.leave(asdict(_outcome(lake)))


def _outcome(lake: Lake) -> Outcome:
    faults = [finding.message for finding in examine_lake(lake, verify=True) if finding.level == "fault"]
    swept = gc(lake, dry_run=True, keep=A_YEAR, grace=timedelta(0))
    return Outcome(fingerprint(lake), faults, len(swept.removed))


class _Counter:
    def __init__(self, modules: tuple[str, ...], at: int | None, disturb: Callable[[], None]) -> None:
        self.calls = 0
        self._modules = modules
        self._at = at
        self._disturb = disturb
        self.reached: Callable[[str], None] = lambda where: None

    def count(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or not str(frame.f_globals.get("__name__")).startswith(self._modules):
            return
        self.calls += 1
        if self.calls == self._at:
            self.reached(f"{Path(frame.f_code.co_filename).name}: {frame.f_code.co_qualname}")
            sys.setprofile(None)
            self._disturb()


def _disturbed(place: Place, counter: _Counter) -> None:
    counter.reached = place.leave
    lake = place.open()
    sys.setprofile(counter.count)
    run_night(lake)
    sys.setprofile(None)


def _cut_connections(catalog: str) -> None:
    url = sa.make_url(catalog).set(drivername="postgresql").render_as_string(hide_password=False)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(cut)


def _nothing() -> None:
    return
