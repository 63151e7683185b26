"""Ways to disturb a run at a chosen point of its own code, in a process that can be thrown away.

A point is the n-th call, counted in the process's main thread, of a Python function in some modules; the run is
deterministic, so the n-th call is the same one every time. Nothing of the code under test is replaced.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg
import sqlalchemy as sa

from lake.lake import connect
from tests.nights import fingerprint, run_night

LAKE_AND_ICEBERG = ("/lake/", "/pyiceberg/catalog/", "/pyiceberg/table/", "/pyiceberg/io/", "/pyiceberg/manifest")
DATABASE = ("/sqlalchemy/engine/", "/lake/leases", "/lake/turns")


def count_calls(store: str, catalog: str | None, modules: tuple[str, ...], told: str) -> None:
    """Run a night undisturbed; write how many calls it made and what it published."""
    lake = connect(store, catalog=catalog)
    counter = _Counter(modules, None, _nothing)
    sys.setprofile(counter.count)
    run_night(lake)
    sys.setprofile(None)
    Path(told).write_text(json.dumps({"calls": counter.calls, "published": fingerprint(lake)}))


def night_that_is_killed(store: str, catalog: str | None, at: int, told: str) -> None:
    """Run a night that is killed by SIGKILL at a call of the lake or of Iceberg."""
    _disturbed(store, catalog, _Counter(LAKE_AND_ICEBERG, at, lambda: os.kill(os.getpid(), signal.SIGKILL)), told)


def night_that_is_disconnected(store: str, catalog: str, at: int, told: str) -> None:
    """Run a night whose connections to PostgreSQL are all cut by the server at a call of the database's client."""
    _disturbed(store, catalog, _Counter(DATABASE, at, lambda: _cut_connections(catalog)), told)


def night_that_is_completed(store: str, catalog: str | None, told: str) -> None:
    """Run a night undisturbed; write what it published."""
    lake = connect(store, catalog=catalog)
    run_night(lake)
    Path(told).write_text(json.dumps({"published": fingerprint(lake)}))


class _Counter:
    def __init__(self, modules: tuple[str, ...], at: int | None, disturb: Callable[[], None]) -> None:
        self.calls = 0
        self.where = "never reached"
        self._modules = modules
        self._at = at
        self._disturb = disturb
        self.told: Path | None = None

    def count(self, frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or not any(module in frame.f_code.co_filename for module in self._modules):
            return
        self.calls += 1
        if self.calls == self._at:
            if self.told is not None:
                self.told.write_text(f"{Path(frame.f_code.co_filename).name}: {frame.f_code.co_qualname}")
            sys.setprofile(None)
            self._disturb()


def _disturbed(store: str, catalog: str | None, counter: _Counter, told: str) -> None:
    counter.told = Path(told)
    lake = connect(store, catalog=catalog)
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
