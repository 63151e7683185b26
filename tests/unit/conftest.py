"""A lake in a folder of its own for each test."""

from pathlib import Path

import pytest

from lake.lake import Lake, connect_lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake: a local store with its SQLite catalog inside."""
    return connect_lake(str(tmp_path / "store"), name="tests")
