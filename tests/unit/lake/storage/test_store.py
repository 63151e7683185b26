import pickle
import stat
from pathlib import Path

import pytest

from lake.errors import ConfigurationError, InputError
from lake.storage.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "my store #1")


def test_what_is_written_reads_back(store: Store) -> None:
    store.write_bytes("a/b/c.bin", b"\x00\x01")
    assert store.read_bytes("a/b/c.bin") == b"\x00\x01"
    assert store.size("a/b/c.bin") == 2
    assert store.exists("a/b/c.bin")
    assert not store.exists("a/b")
    assert Path(store.uri("a/b/c.bin")).read_bytes() == b"\x00\x01"
    assert store.relative(store.uri("a/b/c.bin")) == "a/b/c.bin"


def test_writing_again_replaces(store: Store) -> None:
    store.write_bytes("a", b"long before")
    store.write_bytes("a", b"after")
    assert store.read_bytes("a") == b"after"


def test_a_write_that_fails_leaves_what_was_there_and_nothing_else(store: Store) -> None:
    store.write_bytes("folder/a", b"before")
    with pytest.raises(RuntimeError, match="half way"), store.open_output("folder/a") as stream:
        stream.write(b"af")
        raise RuntimeError("half way")
    assert store.read_bytes("folder/a") == b"before"
    assert [path.name for path in Path(store.uri("folder")).iterdir()] == ["a"]


def test_a_file_that_is_still_being_written_is_not_listed(store: Store) -> None:
    with store.open_output("folder/a") as stream:
        stream.write(b"x")
        assert store.list() == ()
        assert [entry.path.startswith("folder/.writing-") for entry in store.entries(unfinished=True)] == [True]
    assert store.list() == ("folder/a",)


def test_listing_is_sorted_and_below_a_folder(store: Store) -> None:
    for path in ("b/2", "b/1/x", "a", "bb/1"):
        store.write_bytes(path, path.encode())
    assert store.list() == ("a", "b/1/x", "b/2", "bb/1")
    assert store.list("b") == ("b/1/x", "b/2")
    assert store.list("nowhere") == ()
    assert [entry.size for entry in store.entries("b")] == [5, 3]


def test_deleting_is_repeatable(store: Store) -> None:
    store.write_bytes("a", b"x")
    store.delete("a")
    store.delete("a")
    store.delete("a" * 300)  # no file can have that name
    assert not store.exists("a")


def test_written_files_can_be_read_by_others(store: Store) -> None:
    store.write_bytes("a", b"x")
    assert stat.S_IMODE(Path(store.uri("a")).stat().st_mode) == 0o644


def test_a_store_travels_by_pickle(store: Store) -> None:
    store.write_bytes("a", b"x")
    assert pickle.loads(pickle.dumps(store)).read_bytes("a") == b"x"


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../outside", "a/../../b", "a//b", "a\\b", "./a"])
def test_paths_that_could_leave_the_store_are_refused(store: Store, path: str) -> None:
    with pytest.raises(ValueError, match="expected a relative POSIX path"):
        store.write_bytes(path, b"x")
    with pytest.raises(ValueError, match="expected a relative POSIX path"):
        store.read_bytes(path)


def test_a_missing_object_is_named(store: Store) -> None:
    with pytest.raises(InputError, match="no object 'gone' in store"):
        store.read_bytes("gone")
    with pytest.raises(InputError, match="no object 'gone' in store"):
        store.size("gone")


def test_a_location_of_another_store_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="expected a location under"):
        store.relative("/elsewhere/a")


@pytest.mark.parametrize("uri", ["gs://bucket/x", "s3://", "s3:///prefix"])
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(ConfigurationError, match="expected"):
        open_store(uri)
