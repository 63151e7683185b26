"""Make missing tables in a database, however many processes do so at once."""

import zlib

import sqlalchemy as sa

_LOCK = zlib.crc32(b"centrepiece makes tables")


def make_tables(engine: sa.Engine, tables: sa.MetaData) -> None:
    """Make those tables that are not there yet; where none is missing, nothing is locked and no right to write is needed.

    Looking again and making is one transaction, which one process at a time may be in. (On PostgreSQL not even
    `CREATE TABLE IF NOT EXISTS` is safe by itself: two of them collide in the server's own catalog.)

    Raises:
        SQLAlchemyError: The database does not answer, or may not be written to.
    """
    if not _missing(engine, tables):
        return
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        tables.create_all(connection)


def _missing(engine: sa.Engine, tables: sa.MetaData) -> set[str]:
    with engine.connect() as connection:
        return set(tables.tables) - set(sa.inspect(connection).get_table_names())
