"""The SQLite catalog that a local store carries with it, read without SQLAlchemy, which takes a quarter of a second to load.

Only what is certain is said here; what is not, pyiceberg's catalog says, or says what is wrong.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from pyiceberg.exceptions import NoSuchTableError

from lake.errors import DamagedFileError, InputError
from lake.storage.catalog_addresses import CATALOG_NAME, SQLITE_FILE, SQLITE_TIMEOUT_S
from lake.storage.identity import check_table
from lake.storage.seals import opened_json
from lake.storage.store import Store
from lake.storage.table_states import TableState, parse_state

_FIND = """
SELECT metadata_location FROM iceberg_tables
WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND (iceberg_type = 'TABLE' OR iceberg_type IS NULL)
"""
"""A table's row as pyiceberg's SQL catalog keeps it."""


def carries_catalog(store: Store) -> bool:
    """Whether a store is local and its catalog's file can be read."""
    try:
        return store.is_local and not _found(store, "", "")
    except sqlite3.Error:
        return False


def carried_state(store: Store, namespace: str, table: str) -> TableState | None:
    """Return a table as the catalog of a local store knows it; None where only pyiceberg can say.

    Args:
        store: A local one.
        namespace: Of its tables.
        table: Its name.

    Raises:
        NoSuchTableError: The catalog has no such table.
        ConfigurationError: The catalog's table lies in another store.
        ContractError: It was published under another contract version.
    """
    try:
        found = _found(store, namespace, table)
        if not found:
            raise NoSuchTableError(f"{namespace}.{table}")
        path = store.relative(found[0])
        state = parse_state(table, opened_json(store.read_bytes(path), found[0]), found[0])
    except (sqlite3.Error, InputError, DamagedFileError, ValueError, TypeError, AttributeError, OSError):
        return None
    check_table(store, namespace, table, state.location, state.properties)
    return state


def _found(store: Store, namespace: str, table: str) -> list[str]:
    file = Path(store.root, SQLITE_FILE)
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", timeout=SQLITE_TIMEOUT_S, uri=True)) as connection:
        return [location for (location,) in connection.execute(_FIND, (CATALOG_NAME, namespace, table))]
