"""A database that is away is waited for, one that refuses is not, and no connection hangs."""

import logging

import pytest
import sqlalchemy as sa

from lake.storage.catalog_addresses import with_wait
from lake.storage.databases import connected, engine_of, is_outage

REFUSED = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: Connection refused'
STARTING = "connection failed: FATAL:  the database system is starting up"
WRONG = 'connection failed: FATAL:  password authentication failed for user "me"'


class Server:
    """One that answers after a while, by a clock of its own."""

    def __init__(self, back_at: float, said: str) -> None:
        self.now, self.tries, self._back_at, self._said = 0.0, 0, back_at, said

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= 5, "a server that is back is noticed soon"
        self.now += seconds

    def connect(self) -> str:
        self.tries += 1
        if self.now < self._back_at:
            raise RuntimeError(self._said)
        return "a connection"

    def connected(self, wait_s: float) -> str:
        return connected(self.connect, "db:5432", wait_s=wait_s, clock=lambda: self.now, sleep=self.sleep)


@pytest.mark.parametrize("said", [REFUSED, STARTING])
def test_a_server_that_is_away_for_a_minute_is_waited_for_and_said_to_be(said: str, caplog: pytest.LogCaptureFixture) -> None:
    server = Server(60, said)
    with caplog.at_level(logging.WARNING):
        assert server.connected(120) == "a connection"
    assert 60 <= server.now < 66
    assert server.tries < 25
    said_first = f"waiting up to 120 s for the database at db:5432: {' '.join(said.split())}"
    assert caplog.records[0].getMessage() == said_first
    assert len(caplog.records) <= 3


def test_a_server_that_stays_away_is_given_up_and_one_that_refuses_at_once() -> None:
    away = Server(1e9, REFUSED)
    with pytest.raises(RuntimeError, match="Connection refused"):
        away.connected(120)
    assert away.now == 120
    wrong = Server(60, WRONG)
    with pytest.raises(RuntimeError, match="authentication failed"):
        wrong.connected(120)
    assert (wrong.now, wrong.tries) == (0, 1)


def test_what_a_person_has_to_mend_is_no_outage() -> None:
    assert not is_outage("failed to resolve host 'no-such-host': [Errno -2] Name or service not known")
    assert is_outage("connection timeout expired")
    assert is_outage("[Errno -3] Temporary failure in name resolution: failed to resolve host")


def test_every_connection_has_limits_that_its_address_can_change() -> None:
    url = engine_of(with_wait("postgresql+psycopg://me:a%40b@db/lake?connect_timeout=3", 60)).url
    assert url.query["connect_timeout"] == "3"
    assert "statement_timeout=90000" in url.query["options"]
    assert "outage_wait_s" not in url.query
    assert url.password == "a@b"
    assert engine_of("sqlite:///x.db?timeout=3").url.query == {"timeout": "3"}
    assert with_wait("sqlite:///x.db", 60) == "sqlite:///x.db"


def test_an_engine_waits_by_its_address() -> None:
    engine = engine_of(with_wait("postgresql+psycopg://me@127.0.0.1:1/lake", 0.2))
    with pytest.raises(sa.exc.OperationalError, match="refused"):
        engine.connect()
    assert len(engine.dialect.dispatch.do_connect) == 1
