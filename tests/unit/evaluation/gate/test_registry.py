from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from evaluation.gate.registry import Registry
from lake.errors import ChampionChangedError, ModelError, StorageError
from tests.support.forks import FORKS

A, B, C = ("a" * 64, "ab" + "b" * 62, "c" * 64)


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'registry.db'}"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    found = Registry(url(tmp_path))
    for model in (A, B, C):
        found.register(model, "nightly")
    return found


def test_a_model_is_found_by_digest_prefix_and_alias(registry: Registry) -> None:
    registry.point("candidate", A)
    assert [registry.resolve(name) for name in (A, "aa", "candidate")] == [A, A, A]
    with pytest.raises(ModelError, match="fits 2 models"):
        registry.resolve("a")
    with pytest.raises(ModelError, match="no model is 'champion' yet"):
        registry.resolve("champion")
    with pytest.raises(ModelError, match="fits 0 models"):
        registry.resolve("")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE registry_aliases SET model = 'b' WHERE alias = 'champion'",
        "UPDATE registry_events SET at = '2026-11-\x128 09:18:57'",
        "UPDATE registry_events SET reason = 'the customer said no'",
        "DELETE FROM registry_models",
    ],
)
def test_what_was_changed_behind_its_back_is_told_and_never_built_upon(registry: Registry, tmp_path: Path, change: str) -> None:
    registry.promote(A, compared_with=None, reason="the customer said yes")
    with create_engine(url(tmp_path)).begin() as connection:
        connection.exec_driver_sql(change)
    for use in (registry.champion, registry.history, lambda: registry.resolve(A), lambda: registry.register(B, "x"), registry.rollback):
        with pytest.raises(StorageError, match=r"model registry .* is not what was written; restore the database"):
            use()


def test_no_copy_of_a_digest_in_the_file_can_change_in_silence(registry: Registry, tmp_path: Path) -> None:
    registry.promote(C, compared_with=None)
    file = tmp_path / "registry.db"
    data = file.read_bytes()
    places = [place for place in range(len(data)) if data.startswith(C.encode(), place)]
    assert len(places) > 3  # in tables and in their indexes
    for place in places:
        changed = bytearray(data)
        changed[place + 5] ^= 1
        file.write_bytes(changed)
        with pytest.raises(StorageError, match="model registry"):
            Registry(url(tmp_path)).knows(C)


def test_a_registry_that_was_never_sealed_is_sealed_by_its_next_change(registry: Registry, tmp_path: Path) -> None:
    with create_engine(url(tmp_path)).begin() as connection:
        connection.exec_driver_sql("DROP TABLE registry_seals")
    older = Registry(url(tmp_path))
    assert older.resolve(C) == C
    older.point("candidate", A)
    assert older.aliases() == {"candidate": A}


def test_registering_twice_changes_nothing(registry: Registry) -> None:
    registry.register(A, "another name")
    assert registry.resolve(A) == A


def test_the_champion_changes_only_by_promotion(registry: Registry) -> None:
    with pytest.raises(ValueError, match="only 'candidate'"):
        registry.point("champion", A)
    registry.promote(A, compared_with=None, verdict_id="1")
    registry.promote(B, compared_with=A, verdict_id="2")
    assert registry.aliases() == {"champion": B, "previous": A}
    assert registry.rollback() == (A, B)
    assert registry.aliases() == {"champion": A, "previous": B}
    assert [(event.action, event.model, event.before) for event in registry.history()] == [
        ("promote", A, None),
        ("promote", B, A),
        ("rollback", A, B),
    ]


def test_a_promotion_against_another_champion_is_refused_and_changes_nothing(registry: Registry) -> None:
    registry.promote(A, compared_with=None)
    for compared_with in (None, C):
        with pytest.raises(ChampionChangedError, match="another model by now"):
            registry.promote(B, compared_with=compared_with)
    assert registry.aliases() == {"champion": A}
    assert len(registry.history()) == 1


def test_an_override_keeps_its_reason(registry: Registry) -> None:
    registry.promote(A, compared_with=None, reason="the test set was mislabelled")
    assert [(event.action, event.reason) for event in registry.history()] == [("override", "the test set was mislabelled")]


def test_there_is_nothing_to_roll_back_to_before_two_promotions(registry: Registry) -> None:
    registry.promote(A, compared_with=None)
    with pytest.raises(ModelError, match="no previous champion"):
        registry.rollback()


def try_to_promote(database: str, model: str, compared_with: str | None) -> str:
    try:
        Registry(database).promote(model, compared_with=compared_with)
    except ChampionChangedError:
        return "told"
    return "won"


@pytest.mark.parametrize("compared_with", [None, A])
def test_of_promoters_at_once_one_wins_and_the_others_are_told(registry: Registry, tmp_path: Path, compared_with: str | None) -> None:
    if compared_with:
        registry.promote(compared_with, compared_with=None)
    models = [f"{number:064x}" for number in range(16)]
    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(lambda model: try_to_promote(url(tmp_path), model, compared_with), models))
    assert sorted(outcomes) == ["told"] * 15 + ["won"]
    assert registry.champion() == models[outcomes.index("won")]


def test_promoters_in_processes_of_their_own_agree_too(registry: Registry, tmp_path: Path) -> None:
    registry.promote(A, compared_with=None)
    with FORKS.Pool(2) as pool:
        outcomes = pool.starmap(try_to_promote, [(url(tmp_path), B, A), (url(tmp_path), C, A)])
    assert sorted(outcomes) == ["told", "won"]
