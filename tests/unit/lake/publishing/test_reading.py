"""A changed bit in a file of a table is an error that names the file, on every path that reads, and never another row."""

import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from lake.errors import DamagedFileError
from lake.lake import Lake
from lake.publishing.reading import damage_named, open_dataset, open_parquet
from lake.sql.query import run_sql
from lake.storage.store import Store
from tests.support.publications import publish_rejects

FLIPS = 400


def read_whole(store: Store, path: str) -> pa.Table:
    with open_parquet(store, path) as file:
        return file.read()


def read_scanned(store: Store, path: str) -> pa.Table:
    with damage_named(store, [path]):
        return open_dataset(store, [path]).to_table()


@pytest.fixture
def published(lake: Lake, tmp_path: Path) -> tuple[Lake, str, Path]:
    publish_rejects(lake, "a", range(300), shards=1)
    (file,) = lake.files("rejects")
    return lake, file.path, tmp_path / "store" / file.path


@pytest.mark.parametrize("read", [read_whole, read_scanned])
def test_no_flipped_bit_gives_other_rows(published: tuple[Lake, str, Path], read: Callable[[Store, str], pa.Table]) -> None:
    lake, path, on_disk = published
    data, expected = on_disk.read_bytes(), read(lake.store, path)
    draw, told = random.Random(7), 0
    for bit in draw.sample(range(8 * len(data)), FLIPS):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        on_disk.write_bytes(changed)
        try:
            assert read(lake.store, path).equals(expected), f"bit {bit} changed the rows in silence"
        except DamagedFileError as error:
            told += 1
            assert path in str(error) and "'rejects'" in str(error)
    assert told > FLIPS / 2


@pytest.mark.parametrize("where", ["page", "footer"])
@pytest.mark.parametrize(
    "read",
    [lambda lake: lake.read("rejects"), lambda lake: list(lake.batches("rejects")), lambda lake: run_sql(lake, "SELECT * FROM rejects")],
    ids=["read", "batches", "sql"],
)
def test_readers_of_a_table_name_the_damaged_file(published: tuple[Lake, str, Path], where: str, read: Callable[[Lake], object]) -> None:
    lake, path, on_disk = published
    data = bytearray(on_disk.read_bytes())
    data[len(data) // 3 if where == "page" else -40] ^= 4
    on_disk.write_bytes(data)
    with pytest.raises(DamagedFileError, match=rf"file '{path}' of table 'rejects', publication '{path.split('/')[2]}'.*backup"):
        read(lake)


def test_a_file_that_is_gone_is_named(published: tuple[Lake, str, Path]) -> None:
    lake, path, on_disk = published
    on_disk.unlink()
    with pytest.raises(DamagedFileError, match=rf"file '{path}'.* it is gone"):
        lake.read("rejects")


@pytest.mark.parametrize("size", [0, 3, 40])
def test_a_truncated_file_is_named(published: tuple[Lake, str, Path], size: int) -> None:
    lake, _, on_disk = published
    on_disk.write_bytes(on_disk.read_bytes()[:size])
    with pytest.raises(DamagedFileError, match="does not end as a Parquet file does"):
        lake.read("rejects")


def test_what_is_no_damage_stays_what_it_is(published: tuple[Lake, str, Path]) -> None:
    lake, path, _ = published
    with pytest.raises(OSError, match="line is cut"), damage_named(lake.store, [path]):
        raise OSError("line is cut")
    with pytest.raises(PermissionError), damage_named(lake.store, [path]):
        raise PermissionError(13, "no")
