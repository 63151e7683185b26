"""The right to publish: one writer at a time for a stage key, lost when it stops renewing, ordered by fencing tokens.

A token counts who began when: of two runs that write the same part of a table, the later one has the higher token.
The token stands in the table itself, in the very commit that publishes, and a commit with a lower one than it finds
there is refused. So a run that slept through its lease cannot publish after its successor, however late it looks.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from lake.errors import ConfigurationError, LeaseLostError, StorageError, first_line
from lake.publishing.processes import is_dead, this_process
from lake.storage.databases import engine_of
from lake.storage.sql_tables import make_tables

LEASE_S = 60.0
RENEWALS_IN_A_LEASE = 4
POLL_S = 0.2
_READ_ONLY_STATES = frozenset({"25006", "42501"})
"""PostgreSQL's for a read-only transaction and for a missing privilege (its manual, appendix A)."""

_LOGGER = logging.getLogger(__name__)
_METADATA = sa.MetaData()
_FENCES = sa.Table(
    "centrepiece_fences",
    _METADATA,
    sa.Column("scope", sa.String(255), primary_key=True),
    sa.Column("token", sa.BigInteger, nullable=False),
)
_LEASES = sa.Table(
    "centrepiece_leases",
    _METADATA,
    sa.Column("scope", sa.String(255), primary_key=True),
    sa.Column("part", sa.String(500), primary_key=True),
    sa.Column("stage_key", sa.String(64), primary_key=True),
    sa.Column("token", sa.BigInteger, nullable=False),
    sa.Column("holder", sa.String(255), nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),  # seconds since 1970 by the database's clock
)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one process to publish one stage key into one part of a table."""

    scope: str  # namespace and table
    part: str
    key: str
    token: int
    holder: str
    expires_in_s: float  # when it was read; negative where it has expired


class LeaseKeeper:
    """Takes leases, renews them for as long as this process lives, and gives them back."""

    def __init__(self, database_url: str, *, lease_s: float = LEASE_S) -> None:
        """Prepare for the database beside the catalog; it is not touched before the first lease."""
        self._url = database_url
        self._lease_s = lease_s
        self._held: dict[tuple[str, str, str], Lease] = {}
        self._lock = threading.Lock()
        self._renewing: threading.Thread | None = None
        self._engine: sa.Engine | None = None
        self._prepared = False

    def take(self, scope: str, part: str, key: str) -> Lease:
        """Take the lease of a stage key, with a new token; waits while a holder that may be dead has not expired.

        Args:
            scope: Namespace and table, e.g. `nightly.crops`.
            part: Its name; see `lake.publishing.parts.part_name`.
            key: The stage key, 64 hexadecimal characters.

        Raises:
            LeaseLostError: Another process holds it and renews it.
        """
        seen: float | None = None
        while True:
            with self._database() as connection:
                token = self._next_token(connection, scope)
                other = self._other_holder(connection, scope, part, key)
                if other is None:
                    lease = self._write(connection, scope, part, key, token)
                    break
                connection.rollback()
            expires = time.monotonic() + other.expires_in_s
            if seen is not None and expires > seen + self._lease_s / RENEWALS_IN_A_LEASE / 2:
                raise LeaseLostError(
                    f"{other.holder} is publishing stage key {key[:16]} to {scope} ({part}) and renews its lease; "
                    "wait for it to end, or end it"
                )
            seen = expires if seen is None else seen
            time.sleep(min(POLL_S, max(other.expires_in_s, 0.01)))
        with self._lock:
            self._held[scope, part, key] = lease
            if self._renewing is None:
                self._renewing = threading.Thread(target=self._renew_while_held, name="leases", daemon=True)
                self._renewing.start()
        return lease

    def confirm(self, scope: str, part: str, key: str) -> Lease:
        """Return the lease of a stage key, renewed; it is taken where this keeper has not held it yet.

        Args:
            scope: Namespace and table.
            part: Its name.
            key: The stage key.

        Raises:
            LeaseLostError: Another process has taken it over since.
        """
        held = self._held.get((scope, part, key))
        if held is None:
            return self.take(scope, part, key)
        if not self._renew(held):
            with self._lock:
                self._held.pop((scope, part, key), None)
            raise LeaseLostError(
                f"this run's lease of stage key {key[:16]} on {scope} ({part}) ran out and another run has taken it "
                "over; nothing was published; what that run publishes stands"
            )
        return held

    def release(self, scope: str, part: str, key: str) -> None:
        """Give a lease back; one that is not held is no error.

        Args:
            scope: Namespace and table.
            part: Its name.
            key: The stage key.
        """
        with self._lock:
            held = self._held.pop((scope, part, key), None)
        if held is not None:
            with self._database() as connection:
                connection.execute(sa.delete(_LEASES).where(*_is(held)))

    def leases(self) -> list[Lease]:
        """Return all leases on record, whoever holds them; none where nobody ever took one."""
        with self._engine_for_use().connect() as connection:
            if not sa.inspect(connection).has_table(_LEASES.name):
                return []
            now = _now(connection)
            rows = connection.execute(sa.select(_LEASES).order_by(_LEASES.c.scope, _LEASES.c.part, _LEASES.c.stage_key))
            return [Lease(r.scope, r.part, r.stage_key, r.token, r.holder, r.expires_at - now) for r in rows]

    def drop(self, lease: Lease) -> None:
        """Remove a lease that is stale, unless it was renewed or taken over since it was read."""
        with self._database() as connection:
            expired = _LEASES.c.expires_at <= _now(connection)
            gone = is_dead(lease.holder)
            connection.execute(sa.delete(_LEASES).where(*_is(lease), sa.true() if gone else expired))

    def advance(self, scope: str, token: int) -> None:
        """See to it that later leases of a table get tokens above one that it has seen, where the database lost count.

        Args:
            scope: Namespace and table.
            token: The highest that the table has seen.
        """
        with self._database() as connection:
            self._next_token(connection, scope)
            behind = (_FENCES.c.scope == scope, _FENCES.c.token < token)
            connection.execute(sa.update(_FENCES).where(*behind).values(token=token))

    def close(self) -> None:
        """Stop renewing and close the connections; leases that are held run out."""
        with self._lock:
            self._held.clear()
        if self._engine is not None:
            self._engine.dispose()

    def _next_token(self, connection: sa.Connection, scope: str) -> int:
        # The row's lock also puts everyone who takes a lease of this table in a queue.
        first = sa.text(f"INSERT INTO {_FENCES.name} (scope, token) VALUES (:scope, 0) ON CONFLICT DO NOTHING")
        connection.execute(first, {"scope": scope})
        connection.execute(sa.update(_FENCES).where(_FENCES.c.scope == scope).values(token=_FENCES.c.token + 1))
        return int(connection.execute(sa.select(_FENCES.c.token).where(_FENCES.c.scope == scope)).scalar_one())

    def _other_holder(self, connection: sa.Connection, scope: str, part: str, key: str) -> Lease | None:
        named = (_LEASES.c.scope == scope, _LEASES.c.part == part, _LEASES.c.stage_key == key)
        row = connection.execute(sa.select(_LEASES).where(*named)).one_or_none()
        if row is None:
            return None
        left = row.expires_at - _now(connection)
        if left <= 0 or row.holder == this_process() or is_dead(row.holder):
            connection.execute(sa.delete(_LEASES).where(*named))
            return None
        return Lease(scope, part, key, row.token, row.holder, left)

    def _write(self, connection: sa.Connection, scope: str, part: str, key: str, token: int) -> Lease:
        lease = Lease(scope, part, key, token, this_process(), self._lease_s)
        connection.execute(
            sa.insert(_LEASES).values(
                scope=scope,
                part=part,
                stage_key=key,
                token=token,
                holder=lease.holder,
                expires_at=_now(connection) + self._lease_s,
            )
        )
        return lease

    def _renew(self, lease: Lease) -> bool:
        with self._database() as connection:
            longer = sa.update(_LEASES).where(*_is(lease)).values(expires_at=_now(connection) + self._lease_s)
            return connection.execute(longer).rowcount == 1

    def _renew_while_held(self) -> None:
        while True:
            time.sleep(self._lease_s / RENEWALS_IN_A_LEASE)
            with self._lock:
                held = list(self._held.values())
                if not held:
                    self._renewing = None
                    return
            for lease in held:
                try:
                    self._renew(lease)
                except SQLAlchemyError as error:  # the next renewal, or the publication itself, tries again
                    _LOGGER.warning("lease of %s on %s could not be renewed: %s", lease.key[:16], lease.scope, error)

    @contextmanager
    def _database(self) -> Iterator[sa.Connection]:
        engine = self._engine_for_use()
        try:
            self._prepare(engine)
            with engine.connect() as connection:
                if engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
        except DBAPIError as error:
            if _is_read_only(error):
                raise ConfigurationError(
                    f"the catalog's database cannot be written to: {error.orig}; give the pipeline's user the right to write there"
                ) from None
            raise
        except (ValueError, TypeError) as error:
            raise StorageError(
                f"the database beside the catalog holds what was never written there: {first_line(error)}; restore it from a backup"
            ) from error

    def _prepare(self, engine: sa.Engine) -> None:
        if not self._prepared:
            make_tables(engine, _METADATA)
            self._prepared = True

    def _engine_for_use(self) -> sa.Engine:
        if self._engine is None:
            self._engine = engine_of(self._url)
        return self._engine


def _is_read_only(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _READ_ONLY_STATES or "readonly" in str(error.orig)


def _is(lease: Lease) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _LEASES.c.scope == lease.scope,
        _LEASES.c.part == lease.part,
        _LEASES.c.stage_key == lease.key,
        _LEASES.c.token == lease.token,
        _LEASES.c.holder == lease.holder,
    )


def _now(connection: sa.Connection) -> float:
    clocks = {"sqlite": "(julianday('now') - 2440587.5) * 86400.0"}
    clock = clocks.get(connection.dialect.name, "extract(epoch from clock_timestamp())")
    return float(connection.execute(sa.text(f"SELECT {clock}")).scalar_one())
