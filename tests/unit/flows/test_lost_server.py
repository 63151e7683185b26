"""A run goes on without Prefect's server, and nothing else is taken for its loss."""

import logging

import httpx
import pytest

from flows.lost_server import LossesOfServer, with_or_without_server
from lake.errors import UnreachableError


def lost() -> str:
    raise httpx.ConnectError("[Errno 111] Connection refused")


def test_a_run_goes_on_without_the_server_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert with_or_without_server(lost, lambda: "reports") == "reports"
    assert "Prefect's server does not answer any more ([Errno 111] Connection refused); the run goes on" in caplog.text


def test_an_error_of_a_stage_is_no_loss_of_the_server() -> None:
    def refused() -> str:
        raise UnreachableError("the catalog")

    with pytest.raises(UnreachableError):
        with_or_without_server(refused, lambda: "reports")


def test_only_what_could_not_be_sent_is_not_told() -> None:
    texts = ("Service %r failed to process item %r", "something else")
    records = [logging.LogRecord("prefect._internal.concurrency", logging.ERROR, "", 0, text, (), None) for text in texts]
    assert [LossesOfServer().filter(record) for record in records] == [False, True]
