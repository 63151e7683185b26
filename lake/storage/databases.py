"""Connections to the database beside the catalog: none hangs, and one that is away is waited for."""

import logging
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from lake.storage.catalog_addresses import WAIT

LIMITS = {
    "connect_timeout": "10",  # seconds, for each address of the host
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # milliseconds that sent data may go without an answer of the other machine
    "options": "-c statement_timeout=90000",  # milliseconds; locks are waited for a minute
}
"""Of a connection to PostgreSQL, unless its address says otherwise. Source: libpq, section "Parameter Key Words"."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _TOLD_EVERY_S = 0.5, 5.0, 30.0
_REFUSALS = re.compile(r"FATAL|not known|invalid connection option|failed to resolve", re.IGNORECASE)
_OUTAGES = re.compile(
    r"starting up|shutting down|not (?:yet )?accepting|recovery mode|too many (?:clients|connections)|terminating|Temporary failure"
)

_Connection = TypeVar("_Connection")

_log = logging.getLogger(__name__)


def engine_of(database_url: str, **settings: Any) -> sa.Engine:
    """Return an engine that opens a connection for each use: none is left open, and none has gone stale when it is needed.

    Args:
        database_url: SQLAlchemy URL, of SQLite or PostgreSQL; a parameter `outage_wait_s` says how long a server is waited for.
        settings: Further ones of `sqlalchemy.create_engine`.
    """
    url = sa.make_url(database_url)
    wait_s = float(str(url.query.get(WAIT, 0)))
    url = url.difference_update_query([WAIT])
    if url.get_driver_name() in ("psycopg", "psycopg2"):
        url = url.update_query_dict({name: value for name, value in LIMITS.items() if name not in url.query})
    engine = sa.create_engine(url, poolclass=NullPool, **settings)
    if wait_s:
        where = f"{url.host or 'this machine'}{f':{url.port}' if url.port else ''}"

        @sa.event.listens_for(engine, "do_connect")
        def _wait(dialect: sa.Dialect, _record: Any, positional: list[Any], named: dict[str, Any]) -> Any:
            return connected(lambda: dialect.connect(*positional, **named), where, wait_s=wait_s)

    return engine


def connected(
    connect: Callable[[], _Connection],
    where: str,
    *,
    wait_s: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> _Connection:
    """Connect, waiting for a server that is away with longer and longer pauses, and saying so.

    Args:
        connect: Connects once.
        where: The server, as people call it.
        wait_s: How long to wait, in seconds.
        clock: Seconds that only go on.
        sleep: Waits for some seconds.

    Raises:
        Exception: What `connect` raised: at once where the server answered and refused, else after the wait.
    """
    until, pause, tell_at = clock() + wait_s, _FIRST_PAUSE_S, clock()
    while True:
        try:
            return connect()
        except Exception as error:
            left = until - clock()
            if left <= 0 or not is_outage(str(error)):
                raise
            if clock() >= tell_at:
                tell_at = clock() + _TOLD_EVERY_S
                _log.warning("waiting up to %.0f s for the database at %s: %s", left, where, " ".join(str(error).split()))
        sleep(min(pause, left))
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def is_outage(said: str) -> bool:
    """Tell whether a connection failed for a reason that passes: nobody answers, or the server is coming or going."""
    return _OUTAGES.search(said) is not None or _REFUSALS.search(said) is None
