"""Promoters at once, each in a process of its own, on SQLite and on a real PostgreSQL server."""

from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from evaluation.gate.registry import Registry
from lake.errors import ChampionChangedError
from tests.support.forks import FORKS
from tests.support.services import postgres_cluster

PROMOTERS = 4
CHAMPION = "c" * 64
CANDIDATES = [f"{number:064x}" for number in range(PROMOTERS)]
_barriers: list[Barrier] = []


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_cluster() as server:
        yield f"{server}/postgres"


def start_together(barrier: Barrier) -> None:
    _barriers.append(barrier)


def promote_at_once(database: str, candidate: str) -> tuple[str, str]:
    """Open the registry, which may have no tables yet, together with the others; enrol, then promote twice."""
    _barriers[0].wait(60)
    registry = Registry(database)
    registry.register(candidate, "nightly")
    outcomes = []
    for compared_with in (None, CHAMPION):
        _barriers[0].wait(60)
        try:
            registry.promote(candidate, compared_with=compared_with)
            outcomes.append("won")
        except ChampionChangedError as error:
            outcomes.append(str(error))
        if _barriers[0].wait(60) == 0:  # one of them makes the model that all compare with the champion
            present = registry.champion()
            if present != CHAMPION and compared_with is None:
                registry.promote(CHAMPION, compared_with=present)
    return outcomes[0], outcomes[1]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_of_promoters_in_processes_one_wins_and_the_others_are_told_that_the_champion_changed(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("postgres") if kind == "postgres" else f"sqlite:///{tmp_path / 'registry.db'}"
    with FORKS.Pool(PROMOTERS, start_together, (FORKS.Barrier(PROMOTERS),)) as pool:
        outcomes = pool.starmap(promote_at_once, [(database, candidate) for candidate in CANDIDATES], chunksize=1)
    for turn in range(2):
        told = [outcome[turn] for outcome in outcomes if outcome[turn] != "won"]
        assert len(told) == PROMOTERS - 1
        assert all("the champion is another model by now" in message for message in told)
    registry = Registry(database)
    assert registry.champion() == CANDIDATES[[outcome[1] for outcome in outcomes].index("won")]
    assert registry.aliases()["previous"] == CHAMPION
    assert [event.before for event in registry.history()] == [None, registry.history()[0].model, CHAMPION]
