"""The shared catalog: a lake whose catalog, leases and turns live in PostgreSQL."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from lake.errors import ConfigurationError, LeaseLostError
from lake.lake import connect_lake
from lake.publishing.commit_lock import commit_lock
from lake.publishing.leases import LeaseKeeper
from tests.support.publications import publish_rejects, published_numbers

SCOPE = ("lake.crops", "*", "k" * 64)


def test_a_lake_works_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    lake = connect_lake(str(tmp_path / "store"), catalog=postgres_url)
    publish_rejects(lake, "a", [1])
    publish_rejects(lake, "b", [2])
    assert publish_rejects(lake, "a", [1]).skipped
    publish_rejects(lake, "a", [3])
    assert published_numbers(connect_lake(str(tmp_path / "store"), catalog=postgres_url)) == [2, 3]
    assert not (tmp_path / "store" / "catalog.db").exists()


def test_the_content_does_not_depend_on_the_catalog(tmp_path: Path, postgres_url: str) -> None:
    shared = connect_lake(str(tmp_path / "one"), catalog=postgres_url)
    alone = connect_lake(str(tmp_path / "two"))
    for lake in (shared, alone):
        publish_rejects(lake, "a", [1, 2])
    assert shared.snapshot("rejects").content == alone.snapshot("rejects").content


def test_two_stores_with_one_name_in_one_database_are_told_apart(tmp_path: Path, postgres_url: str) -> None:
    publish_rejects(connect_lake(str(tmp_path / "one"), catalog=postgres_url, name="nightly"), "a", [1])
    with pytest.raises(ConfigurationError, match=r"lies at .*one/tables/rejects"):
        publish_rejects(connect_lake(str(tmp_path / "two"), catalog=postgres_url, name="nightly"), "a", [1])
    publish_rejects(connect_lake(str(tmp_path / "three"), catalog=postgres_url, name="weekly"), "a", [1])


def test_leases_are_kept_in_postgresql(postgres_url: str) -> None:
    keeper = LeaseKeeper(postgres_url, lease_s=0.4)
    assert [keeper.take(*SCOPE).token for _ in range(3)] == [1, 2, 3]
    (found,) = keeper.leases()
    assert 0 < found.expires_in_s <= 0.4
    keeper.close()
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE centrepiece_leases SET holder = 'elsewhere:1:2'"))
    engine.dispose()
    successor = LeaseKeeper(postgres_url, lease_s=0.4)
    assert successor.take(*SCOPE).token >= 4
    other = LeaseKeeper(postgres_url, lease_s=0.4)
    other.take(*SCOPE)
    with pytest.raises(LeaseLostError, match="taken it over"):
        successor.confirm(*SCOPE)
    other.close()
    successor.close()


def test_turns_exclude_each_other_and_waiting_is_bounded(postgres_url: str) -> None:
    with commit_lock(postgres_url, "lake.crops") as first:
        assert first
        with commit_lock(postgres_url, "lake.crops", wait_s=0.1) as second:
            assert not second
        with commit_lock(postgres_url, "lake.plan", wait_s=0.1) as other:
            assert other
    with commit_lock(postgres_url, "lake.crops", wait_s=5) as after:
        assert after


def test_a_wrong_password_is_not_printed(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be opened") as caught:
        connect_lake(str(tmp_path), catalog="postgresql+psycopg://me:hunter2@127.0.0.1:1/nothing?connect_timeout=2")
    assert "hunter2" not in str(caught.value)
