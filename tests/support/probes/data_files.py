"""A flipped bit in any file of a lake: what reads it names the file or gives the exact answer; nothing is silent."""

import random
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pyarrow as pa

from lake.contracts import TABLES
from lake.errors import DamagedFileError
from lake.lake import Lake
from lake.publishing.reading import open_parquet
from lake.publishing.redoing import damaged_files
from lake.sql.query import run_sql
from tests.support.probes.lakes import COMMANDS, Command, Damage, DamagedLake
from tests.support.probes.outcomes import Outcomes

SHARE_OF_OTHERS = 0.1
"""Of the flips, in files that hold no rows: there every command is run."""


def probe(count: int, seed: int, *, first: int = 0) -> Outcomes:
    """Flip one bit after the other, in all files of a lake.

    Args:
        count: How often.
        seed: Of the bits.
        first: Number of the first one, to repeat it alone.
    """
    with DamagedLake.made() as lake:
        readers = {table: readers_of(table) for table in TABLES if lake.open().has(table)}
        for commands in readers.values():
            lake.learn(commands)
        rows, others = ([path for path, data in lake.kept.items() if data and is_rows(path) == wanted] for wanted in (True, False))

        def one(draw: random.Random) -> Damage:
            path = draw.choice(others if draw.random() < SHARE_OF_OTHERS else rows)
            commands = readers[path.relative_to(lake.folder).parts[1]] if is_rows(path) else COMMANDS
            return Damage(path, "flip", draw.randrange(len(lake.kept[path]) * 8), commands)

        return lake.harmed("flipped bits", one, range(first, first + count), seed)


def is_rows(path: Path) -> bool:
    """Whether a file holds rows of a table."""
    return path.suffix == ".parquet"


def readers_of(table: str) -> Mapping[str, Command]:
    """Return every way in which a table is read, by name."""
    return {f"{name} {table}": partial(read, table=table) for name, read in (("read", _rows), ("scan", _scanned), ("sql", _queried))} | {
        f"verify {table}": lambda lake: _verified(lake, table)
    }


def _rows(lake: Lake, table: str) -> pa.Table:
    return lake.read(table)


def _scanned(lake: Lake, table: str) -> list[pa.Table]:
    tables = []
    for file in lake.files(table):
        with open_parquet(lake.store, file.path) as opened:
            tables.append(opened.read())
    return tables


def _queried(lake: Lake, table: str) -> pa.Table:
    return run_sql(lake, f"SELECT * FROM {table} ORDER BY ALL")


def _verified(lake: Lake, table: str) -> None:
    for path in damaged_files(lake, [(table, {})]):
        raise DamagedFileError(path)
