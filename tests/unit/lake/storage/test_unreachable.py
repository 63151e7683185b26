"""Stores, catalogs and databases that cannot be used are said to be, in one line, before any work begins."""

import os
from pathlib import Path

import pytest

from lake.errors import ConfigurationError, UnreachableError
from lake.lake import Lake, connect_lake
from lake.storage.store import open_store
from tests.support.publications import publish_rejects

NOBODY = "postgresql+psycopg://nobody:the-password@127.0.0.1:1/nothing?connect_timeout=2"
NO_REST = "http://127.0.0.1:1/iceberg"


def test_a_store_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(UnreachableError, match=r"the lake at '.*/store' cannot be opened: .*File exists.*; check `store`"):
        connect_lake(str(tmp_path / "store"))


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(os.urandom(4096))
    with pytest.raises(UnreachableError, match="cannot be opened: file is not a database; check"):
        connect_lake(str(tmp_path))


@pytest.mark.parametrize(
    ("catalog", "why"),
    [(NOBODY, "connection"), ("http://127.0.0.1:1/iceberg?token=the-password", "127.0.0.1"), ("sqlite:////no/folder/c.db", "unable")],
)
def test_a_catalog_that_does_not_answer_is_named_without_its_password(tmp_path: Path, catalog: str, why: str) -> None:
    with pytest.raises(UnreachableError, match=why) as told:
        connect_lake(str(tmp_path), catalog=catalog)
    assert "the-password" not in str(told.value)


def test_an_endpoint_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "me",
        "AWS_SECRET_ACCESS_KEY": "the-password",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UnreachableError, match=r"the lake at 's3://bucket/lake' cannot be opened: .*127\.0\.0\.1") as told:
        connect_lake("s3://bucket/lake", catalog=f"sqlite:///{tmp_path}/c.db")
    assert "the-password" not in str(told.value)


def test_a_store_where_nothing_can_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "tables").write_text("in the way")
    with pytest.raises(ConfigurationError, match=r"cannot write to '.*/tables'"):
        open_store(tmp_path).check_writable("tables/crops/key")
    open_store(tmp_path / "new").check_writable("tables/crops/key")


def test_a_database_that_can_only_be_read_is_refused_before_the_work(lake: Lake) -> None:
    publish_rejects(lake, "a", [1])
    database = lake.store.uri("catalog.db")
    reading = connect_lake(lake.store.root, catalog=f"sqlite:///file:{database}?mode=ro&uri=true")
    assert reading.read("rejects").num_rows == 1
    with pytest.raises(ConfigurationError, match=r"database cannot be written to: .*readonly"):
        reading.location("rejects", "k" * 64, {"stage": "ingest", "source": "a"})
