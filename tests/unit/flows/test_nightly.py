"""What is tried again, and what is not."""

from typing import Any

import pytest
from prefect.states import Failed

from flows.nightly import is_retryable
from lake.errors import CentrepieceError, ConfigurationError, GateRefusalError, StorageError, UnreachableError


@pytest.mark.parametrize("error", [ConfigurationError("no"), GateRefusalError("no"), CentrepieceError("no"), StorageError("full")])
def test_a_deliberate_error_is_not_tried_again(error: Exception) -> None:
    assert not is_retryable(*arguments(error))


@pytest.mark.parametrize("error", [RuntimeError("worker lost"), OSError("line"), MemoryError(), UnreachableError("catalog")])
def test_a_crash_or_an_outage_is_tried_again(error: Exception) -> None:
    assert is_retryable(*arguments(error))


def arguments(error: Exception) -> tuple[Any, Any, Any]:
    return None, None, Failed(data=error, message="failed")
