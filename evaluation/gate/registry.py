"""The model registry: the candidate, the champion and the previous champion, in SQL beside the catalog."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Column, Connection, DateTime, Integer, String, Table, Text, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from evaluation.gate.registry_seals import REGISTRY, check_seal, put_seal
from lake.errors import ChampionChangedError, ModelError
from lake.storage.databases import engine_of
from lake.storage.sql_tables import make_tables

ALIASES = CANDIDATE, CHAMPION, PREVIOUS = "candidate", "champion", "previous"
_BUSY_S = 30

_models = Table(
    "registry_models",
    REGISTRY,
    Column("model", String(64), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("registered_at", DateTime(timezone=True), nullable=False),
)
_aliases = Table(
    "registry_aliases",
    REGISTRY,
    Column("alias", String(32), primary_key=True),
    Column("model", String(64), nullable=False),
)
_events = Table(
    "registry_events",
    REGISTRY,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("action", String(16), nullable=False),
    Column("model", String(64), nullable=False),
    Column("before", String(64)),
    Column("verdict_id", String(64)),
    Column("reason", Text),
)


@dataclass(frozen=True, slots=True)
class Event:
    """One change of the champion."""

    at: datetime  # UTC
    action: str  # promote, override or rollback
    model: str  # champion afterwards
    before: str | None  # champion before
    verdict_id: str | None
    reason: str | None  # why a verdict was overridden


class Registry:
    """Models and their aliases in one SQL database; every change of the champion is one transaction."""

    def __init__(self, database_url: str) -> None:
        """Open a registry and make its tables where they are missing.

        Args:
            database_url: SQLAlchemy URL, of SQLite or PostgreSQL.
        """
        arguments = {"timeout": _BUSY_S} if database_url.startswith("sqlite") else {}
        self._engine = engine_of(database_url, connect_args=arguments)
        make_tables(self._engine, REGISTRY)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            check_seal(connection, "BEGIN")
            yield connection

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            check_seal(connection, "BEGIN IMMEDIATE")
            yield connection
            put_seal(connection)

    def register(self, model: str, name: str) -> None:
        """Make a model known; a digest that is known already changes nothing."""
        try:
            with self._changing() as connection:
                connection.execute(insert(_models).values(model=model, name=name, registered_at=datetime.now(UTC)))
        except IntegrityError:
            return

    def models(self) -> list[str]:
        """Return the digests of all registered models, oldest first."""
        with self._reading() as connection:
            return [
                str(row.model) for row in connection.execute(select(_models.c.model).order_by(_models.c.registered_at, _models.c.model))
            ]

    def forget(self, model: str) -> None:
        """Remove a model and what points at it, unless it is the champion; the history keeps what it was.

        Raises:
            ModelError: It is the champion.
        """
        with self._changing() as connection:
            champions = select(_aliases.c.model).where(_aliases.c.alias == CHAMPION, _aliases.c.model == model)
            if connection.execute(champions).one_or_none() is not None:
                raise ModelError(f"model {model[:12]} is the champion and is not deleted; promote or roll back to another one first")
            connection.execute(delete(_aliases).where(_aliases.c.model == model))
            connection.execute(delete(_models).where(_models.c.model == model))

    def knows(self, model: str) -> bool:
        """Whether a digest is registered."""
        with self._reading() as connection:
            return connection.execute(select(_models.c.model).where(_models.c.model == model)).one_or_none() is not None

    def point(self, alias: str, model: str) -> None:
        """Point `candidate` at a registered model.

        Raises:
            ValueError: The alias is another one: the champion changes by `promote` and `rollback` alone.
            ModelError: The model is not registered.
        """
        if alias != CANDIDATE:
            raise ValueError(f"only {CANDIDATE!r} can be pointed at a model, got {alias!r}; promote or roll back instead")
        digest = self.resolve(model)
        with self._changing() as connection:
            _put_alias(connection, alias, digest)

    def aliases(self) -> dict[str, str]:
        """Return every alias with its model's digest."""
        with self._reading() as connection:
            return {row.alias: row.model for row in connection.execute(select(_aliases).order_by(_aliases.c.alias))}

    def champion(self) -> str | None:
        """Return the champion's digest, or None before the first promotion."""
        return self.aliases().get(CHAMPION)

    def resolve(self, model: str) -> str:
        """Return the digest of a model given by digest, unambiguous prefix or alias.

        Raises:
            ModelError: There is no such model, or the prefix fits several.
        """
        with self._reading() as connection:
            aliased = connection.execute(select(_aliases.c.model).where(_aliases.c.alias == model)).scalar_one_or_none()
            if aliased is not None:
                return str(aliased)
            known = [str(row.model) for row in connection.execute(select(_models.c.model).order_by(_models.c.model))]
        found = [digest for digest in known if model and digest.startswith(model)]
        if len(found) == 1:
            return found[0]
        if model in ALIASES:
            raise ModelError(f"no model is {model!r} yet; run fit for a candidate, judge and promote for a champion")
        raise ModelError(f"expected an alias, a digest or an unambiguous prefix of one, got {model!r}, which fits {len(found)} models")

    def promote(self, candidate: str, *, compared_with: str | None, verdict_id: str | None = None, reason: str | None = None) -> None:
        """Make a candidate the champion if the champion is still the model that it was compared with.

        Args:
            candidate: Digest of the new champion.
            compared_with: Digest that the verdict compared with; None for a first model.
            verdict_id: The verdict that allows it.
            reason: Why the verdict is overridden, if it is.

        Raises:
            ChampionChangedError: Another model is the champion by now.
        """
        action = "override" if reason is not None else "promote"
        self._swap(candidate, compared_with, Event(datetime.now(UTC), action, candidate, compared_with, verdict_id, reason))

    def rollback(self) -> tuple[str, str]:
        """Make the previous champion the champion again; return the champion afterwards and the one before.

        Raises:
            ModelError: There is no previous champion.
            ChampionChangedError: The champion changed meanwhile.
        """
        aliases = self.aliases()
        if CHAMPION not in aliases or PREVIOUS not in aliases:
            raise ModelError("there is no previous champion to roll back to; two models must have been promoted")
        champion, previous = aliases[CHAMPION], aliases[PREVIOUS]
        self._swap(previous, champion, Event(datetime.now(UTC), "rollback", previous, champion, None, None))
        return previous, champion

    def history(self) -> list[Event]:
        """Return all changes of the champion, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(select(_events).order_by(_events.c.number)).all()
        return [Event(_in_utc(row.at), row.action, row.model, row.before, row.verdict_id, row.reason) for row in rows]

    def rolled_back_at(self, model: str) -> datetime | None:
        """Return when a model was last rolled back from, in UTC; None where it never was."""
        return max((event.at for event in self.history() if event.action == "rollback" and event.before == model), default=None)

    def _swap(self, model: str, expected: str | None, event: Event) -> None:
        try:
            with self._changing() as connection:
                if expected is None:
                    connection.execute(insert(_aliases).values(alias=CHAMPION, model=model))
                else:
                    # The comparison and the change are one statement: of two promoters the second finds no row.
                    matching = update(_aliases).where(_aliases.c.alias == CHAMPION, _aliases.c.model == expected)
                    if connection.execute(matching.values(model=model)).rowcount != 1:
                        raise self._changed(model, expected)
                    _put_alias(connection, PREVIOUS, expected)
                fields = {"at": event.at, "action": event.action, "model": event.model, "before": event.before}
                connection.execute(insert(_events).values(**fields, verdict_id=event.verdict_id, reason=event.reason))
        except IntegrityError:
            raise self._changed(model, expected) from None

    def _changed(self, model: str, expected: str | None) -> ChampionChangedError:
        return ChampionChangedError(
            f"model {model[:12]} was compared with {expected[:12] if expected else 'no champion'}, but the champion is "
            f"another model by now; judge it against the present champion, then promote"
        )


def _in_utc(moment: datetime) -> datetime:
    # SQLite gives back what it was given, without the zone; PostgreSQL the same moment in the zone of the session.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _put_alias(connection: Connection, alias: str, model: str) -> None:
    if connection.execute(update(_aliases).where(_aliases.c.alias == alias).values(model=model)).rowcount == 0:
        connection.execute(insert(_aliases).values(alias=alias, model=model))
