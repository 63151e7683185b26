"""The seal of a registry in SQLite: a digest of all its rows, renewed with every change, so that no changed bit is believed.

SQLite has no checksums of its own. PostgreSQL has, and writers that do not queue, so nothing is sealed there.
"""

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, select

from lake.digests import digest
from lake.errors import StorageError

REGISTRY = MetaData()
"""The tables of the registry."""

_seals = Table("registry_seals", REGISTRY, Column("sealed", String(64), primary_key=True))


def put_seal(connection: Connection) -> None:
    """Seal what the registry holds, in the transaction that has changed it."""
    if _is_sealable(connection):
        connection.execute(delete(_seals))
        connection.execute(insert(_seals).values(sealed=_digest_of(connection)))


def check_seal(connection: Connection, begin: str) -> None:
    """Begin a transaction, and hold the registry against its seal; one that was never sealed passes.

    Args:
        connection: Without a transaction of the database's yet: what others change meanwhile is not seen half.
        begin: The statement that begins it.

    Raises:
        StorageError: It is not what was written.
    """
    if not _is_sealable(connection):
        return
    connection.exec_driver_sql(begin)
    sealed = connection.execute(select(_seals.c.sealed)).scalars().all()
    if sealed and not (_is_sound(connection) and list(sealed) == [_digest_of(connection)]):
        raise StorageError(
            "the model registry beside the catalog is not what was written; restore the database from a backup, or move it away: "
            "`centrepiece doctor --rebuild-catalog` makes a new one, and `centrepiece promote --override REASON` names the champion again"
        )


def _is_sealable(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _is_sound(connection: Connection) -> bool:
    # Rows are also looked up by indexes, which the digest does not see.
    return all(connection.exec_driver_sql(f"PRAGMA integrity_check({name})").scalars().all() == ["ok"] for name in REGISTRY.tables)


def _digest_of(connection: Connection) -> str:
    # As the database holds them: a changed time may be none that can be read.
    tables = [table.name for table in REGISTRY.sorted_tables if table is not _seals]
    rows = {name: sorted([str(value) for value in row] for row in connection.exec_driver_sql(f"SELECT * FROM {name}")) for name in tables}
    return digest("registry", rows)
