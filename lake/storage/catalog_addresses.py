"""Addresses of catalogs and of the databases beside them."""

from pathlib import Path

from lake.errors import ConfigurationError
from lake.storage.store import Store

CATALOG_NAME = "centrepiece"
"""Of our tables in a SQL catalog, which may hold others'."""
SQLITE_FILE = "catalog.db"
SQLITE_TIMEOUT_S = 120
WAIT = "outage_wait_s"
"""Parameter of a PostgreSQL address: for how many seconds a server that is away is waited for, each time one connects."""


def database_url(store: Store, catalog: str | None, database: str | None = None, *, outage_wait_s: float = 0) -> str:
    """Return the SQLAlchemy URL of the database beside the catalog: leases and the model registry live there.

    Args:
        store: Where the tables' files are.
        catalog: The catalog's address, None for SQLite inside a local store.
        database: An address of its own, needed where the catalog is not a SQL database and the store is not local.
        outage_wait_s: How long a PostgreSQL server that is away is waited for, in seconds.

    Raises:
        ConfigurationError: Neither gives a SQL database.
    """
    address = database or catalog
    if address is None or (not is_sql(address) and store.is_local):
        if not store.is_local:
            raise ConfigurationError(
                f"store {store.root!r} needs a shared catalog: set `catalog` to postgresql+psycopg://…, a REST URI (https://…) or glue://"
            )
        return f"sqlite:///{Path(store.root, SQLITE_FILE)}?timeout={SQLITE_TIMEOUT_S}"
    if not is_sql(address):
        raise ConfigurationError(
            "a REST or Glue catalog on an S3 store needs `database: postgresql+psycopg://…` for leases and the registry"
        )
    return with_wait(_with_timeout(address), outage_wait_s)


def is_sql(address: str) -> bool:
    """Whether a catalog or database is spoken to in SQL, through SQLAlchemy."""
    return address.startswith(("sqlite:", "postgresql"))


def with_wait(address: str, wait_s: float) -> str:
    """Put into the address of a PostgreSQL database how long it is waited for, unless it says so itself."""
    if not address.startswith("postgresql") or not wait_s or f"{WAIT}=" in address:
        return address
    return f"{address}{'&' if '?' in address else '?'}{WAIT}={wait_s:g}"


def _with_timeout(address: str) -> str:
    if not address.startswith("sqlite:") or "timeout=" in address:
        return address
    return f"{address}{'&' if '?' in address else '?'}timeout={SQLITE_TIMEOUT_S}"
