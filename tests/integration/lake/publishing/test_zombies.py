"""A process sleeps through its lease, at work or in the midst of its commit, and wakes after its successor has published."""

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from lake.errors import LeaseLostError
from lake.lake import Lake, connect_lake
from lake.publishing import commits
from lake.publishing.commit_lock import commit_lock
from lake.publishing.leases import LeaseKeeper
from tests.support.forks import FORKS
from tests.support.publications import publish_rejects, published_numbers

LEASE_S = 0.6
ASLEEP = "T"


def _lake(store: str, catalog: str) -> Lake:
    lake = connect_lake(store, catalog=catalog)
    lake.services.leases = LeaseKeeper(lake.database_url, lease_s=LEASE_S)
    return lake


def _sleeper(store: str, catalog: str, moment: str, numbers: list[int], told: str) -> None:
    # Nor does it renew: were it stopped inside a renewal, SQLite would make everybody wait for it.
    LeaseKeeper._renew_while_held = lambda self: None  # type: ignore[method-assign]
    lake = _lake(store, catalog)

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name == moment and frame.f_globals["__name__"].startswith(("lake.", "pyiceberg.")):
            sys.setprofile(None)
            os.kill(os.getpid(), signal.SIGSTOP)

    sys.setprofile(watch)
    try:
        outcome = "skipped" if publish_rejects(lake, "a", numbers).skipped else "published"
    except LeaseLostError:
        outcome = "refused"
    Path(told).write_text(outcome)


def _wait_until_asleep(pid: int) -> None:
    until = time.monotonic() + 60
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != ASLEEP:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("catalog", ["sqlite", "postgresql"])
@pytest.mark.parametrize("moment", ["publish_stage", "commit_table"])
@pytest.mark.parametrize(("numbers", "outcome"), [([1, 2, 3], "skipped"), ([1], "refused")])
def test_who_wakes_after_its_successor_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    catalog: str,
    moment: str,
    numbers: list[int],
    outcome: str,
) -> None:
    # The sleeper may sleep in its turn; who comes after waits for that a minute, and here half a second.
    monkeypatch.setattr(commits, "commit_lock", lambda url, name: commit_lock(url, name, wait_s=0.5))
    url = request.getfixturevalue("postgres_url" if catalog == "postgresql" else "sqlite_url")
    store = str(tmp_path / "store")
    publish_rejects(_lake(store, url), "b", [9])
    told = tmp_path / "told"
    arguments = (store, url, moment, numbers, str(told))
    sleeper = FORKS.Process(target=_sleeper, args=arguments)
    sleeper.start()
    assert sleeper.pid is not None
    _wait_until_asleep(sleeper.pid)
    assert not publish_rejects(_lake(store, url), "a", [1, 2, 3]).skipped
    os.kill(sleeper.pid, signal.SIGCONT)
    sleeper.join(60)
    assert told.read_text() == outcome
    lake = _lake(store, url)
    assert published_numbers(lake) == [1, 2, 3, 9]
    assert len(lake.table("rejects").metadata.snapshots) == 2
