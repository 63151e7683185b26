"""A lake in a folder of its own for each test."""

from pathlib import Path

import pytest

from lake.lake import Lake, connect


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake: a local store with its SQLite catalog inside."""
    return connect(str(tmp_path / "store"), name="tests")
