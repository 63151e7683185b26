"""Processes that open a new database at the same moment: all of them find the catalog, the leases and the registry."""

from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from evaluation.gate.registry import Registry
from lake.lake import connect_lake
from tests.support.forks import FORKS

OPENERS = 4
DATABASES = 4
_barriers: list[Barrier] = []


def start_together(barrier: Barrier) -> None:
    _barriers.append(barrier)


def open_first(places: list[tuple[str, str]], number: int) -> list[int]:
    """Open one database after the other, each together with the others; return the tokens of a lease in each."""
    tokens = []
    for store, database in places:
        _barriers[0].wait(60)
        lake = connect_lake(store, catalog=database)
        _barriers[0].wait(60)
        tokens.append(lake.leases.take(lake.scope("crops"), f"part={number}", "k" * 64).token)
        _barriers[0].wait(60)
        Registry(database).register(f"{number:064x}", "nightly")
    return tokens


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_new_database_may_be_opened_by_several_processes_at_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if kind == "postgres":
        made: Callable[[], str] = request.getfixturevalue("new_database")
        databases = [made() for _ in range(DATABASES)]
    else:
        databases = [f"sqlite:///{tmp_path}/{number}.db" for number in range(DATABASES)]
    places = [(str(tmp_path / f"store {number}"), database) for number, database in enumerate(databases)]
    with FORKS.Pool(OPENERS, start_together, (FORKS.Barrier(OPENERS),)) as pool:
        tokens = pool.starmap(open_first, [(places, number) for number in range(OPENERS)], chunksize=1)
    for place in range(DATABASES):
        assert sorted(found[place] for found in tokens) == list(range(1, OPENERS + 1))
