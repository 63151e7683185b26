"""A lock around commits to a table, so that committers queue instead of overtaking and redoing each other's work.

It saves work and is not what keeps commits apart: each is compared with the state that it was made for, lock or no lock. So
whoever waits too long goes ahead without it, and the lock is released with the process or the connection that held it.
"""

import fcntl
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from lake.storage.databases import engine_of

WAIT_S = 60.0
_POLL_S = 0.005


@contextmanager
def commit_lock(database_url: str, name: str, *, wait_s: float = WAIT_S) -> Iterator[bool]:
    """Hold the lock of a name for the length of a block.

    Args:
        database_url: Of the database beside the catalog: an advisory lock in PostgreSQL, a lock on a file beside SQLite.
        name: What is committed to.
        wait_s: How long to wait, in seconds, before going ahead without the lock.

    Yields:
        Whether the lock is held; False where the wait has run out.
    """
    url = sa.make_url(database_url)
    number = zlib.crc32(name.encode())
    held = _in_postgres(database_url, number, wait_s) if url.get_backend_name() == "postgresql" else _in_a_file(url, number, wait_s)
    with held as is_held:
        yield is_held


@contextmanager
def _in_postgres(database_url: str, number: int, wait_s: float) -> Iterator[bool]:
    engine = engine_of(database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"SET lock_timeout = {int(wait_s * 1000)}"))
        try:
            connection.execute(sa.text("SELECT pg_advisory_lock(:number)"), {"number": number})
        except OperationalError:
            connection.invalidate()
            yield False
            return
        yield True
        # Closing the connection releases the lock.


@contextmanager
def _in_a_file(url: sa.URL, number: int, wait_s: float) -> Iterator[bool]:
    with Path(f"{url.database}.commit-lock").open("ab") as file:
        until = time.monotonic() + wait_s
        while True:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number, os.SEEK_SET)
                break
            except OSError:
                if time.monotonic() > until:
                    yield False
                    return
            time.sleep(_POLL_S)
        yield True
