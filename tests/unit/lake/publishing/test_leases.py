import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from lake.errors import LeaseLostError
from lake.publishing.leases import LeaseKeeper
from lake.publishing.processes import is_dead, this_process
from tests.support.forks import FORKS

SCOPE = ("lake.crops", "*", "k" * 64)
ELSEWHERE = "another machine pid:[1]:17:99"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/catalog.db?timeout=30"


@pytest.fixture
def keeper(url: str) -> Iterator[LeaseKeeper]:
    made = LeaseKeeper(url, lease_s=0.4)
    yield made
    made.close()


def _hand_to(url: str, holder: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE centrepiece_leases SET holder = :holder"), {"holder": holder})
    engine.dispose()


def test_a_lease_is_on_record_until_it_is_released(keeper: LeaseKeeper) -> None:
    assert keeper.leases() == []
    taken = keeper.take(*SCOPE)
    (found,) = keeper.leases()
    assert (found.scope, found.part, found.key, found.token) == (*SCOPE, taken.token)
    assert 0 < found.expires_in_s <= 0.4
    keeper.release(*SCOPE)
    assert keeper.leases() == []
    keeper.release(*SCOPE)


def test_tokens_of_a_table_count_up_over_all_its_parts_and_keys(keeper: LeaseKeeper) -> None:
    tokens = [keeper.take("lake.crops", part, key).token for part, key in (("a", "1"), ("b", "2"), ("a", "1"))]
    assert tokens == [1, 2, 3]
    assert keeper.take("lake.plan", "a", "1").token == 1


def test_a_lease_of_another_process_that_lives_is_refused(url: str, keeper: LeaseKeeper) -> None:
    keeper.take(*SCOPE)
    _hand_to(url, ELSEWHERE)
    done = threading.Event()
    renewing = threading.Thread(target=_renew_rows, args=(url, done))
    renewing.start()
    try:
        message = r"another machine.* is publishing stage key kkkkkkkkkkkkkkkk to lake\.crops"
        with pytest.raises(LeaseLostError, match=message):
            LeaseKeeper(url, lease_s=0.4).take(*SCOPE)
    finally:
        done.set()
        renewing.join()


def _renew_rows(url: str, done: threading.Event) -> None:
    engine = sa.create_engine(url)
    later = sa.text("UPDATE centrepiece_leases SET expires_at = (julianday('now') - 2440587.5) * 86400.0 + 3")
    while not done.is_set():
        with engine.begin() as connection:
            connection.execute(later)
        time.sleep(0.05)
    engine.dispose()


def test_a_lease_that_nobody_renews_is_taken_over_once_it_has_run_out(url: str, keeper: LeaseKeeper) -> None:
    keeper.take(*SCOPE)
    keeper.close()
    _hand_to(url, ELSEWHERE)
    began = time.monotonic()
    with pytest.raises(LeaseLostError, match="taken it over"):
        _zombie_confirms(url)
    assert time.monotonic() - began < 5


def _zombie_confirms(url: str) -> None:
    zombie = LeaseKeeper(url, lease_s=0.3)
    zombie.take("lake.plan", "*", "z" * 64)
    successor = LeaseKeeper(url, lease_s=0.3)
    successor.take("lake.plan", "*", "z" * 64)
    assert LeaseKeeper(url, lease_s=0.3).take(*SCOPE).token == 2
    try:
        zombie.confirm("lake.plan", "*", "z" * 64)
    finally:
        zombie.close()
        successor.close()


def test_a_lease_of_a_process_that_has_ended_is_taken_over_at_once(url: str) -> None:
    process = FORKS.Process(target=_take_and_die, args=(url,))
    process.start()
    process.join()
    process.close()
    patient = LeaseKeeper(url, lease_s=3600)
    began = time.monotonic()
    assert patient.take(*SCOPE).token == 2
    assert time.monotonic() - began < 5
    patient.close()


def _take_and_die(url: str) -> None:
    LeaseKeeper(url, lease_s=3600).take(*SCOPE)
    os.kill(os.getpid(), 9)


def test_a_lease_is_renewed_for_as_long_as_it_is_held(keeper: LeaseKeeper) -> None:
    keeper.take(*SCOPE)
    time.sleep(1.0)
    assert keeper.leases()[0].expires_in_s > 0


def test_confirming_takes_what_was_not_held(keeper: LeaseKeeper) -> None:
    assert keeper.confirm(*SCOPE).token == 1
    assert keeper.confirm(*SCOPE).token == 1


def test_only_a_stale_lease_can_be_dropped(url: str, keeper: LeaseKeeper) -> None:
    keeper.take(*SCOPE)
    keeper.drop(keeper.leases()[0])
    assert len(keeper.leases()) == 1
    keeper.close()
    time.sleep(0.5)
    keeper.drop(keeper.leases()[0])
    assert keeper.leases() == []


def test_this_process_lives_and_one_that_never_was_does_not() -> None:
    me = this_process()
    host, pid, started = me.rsplit(":", 2)
    assert not is_dead(me)
    assert is_dead(f"{host}:{pid}:{int(started) + 1}")
    assert is_dead(f"{host}:999999999:{started}")
    assert not is_dead(f"other {host}:{pid}:{int(started) + 1}")
