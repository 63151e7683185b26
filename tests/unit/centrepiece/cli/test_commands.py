"""What the commands take, as the command line shows it, and what they cost to start."""

import subprocess
import sys

import pytest
import typer

from centrepiece.cli.app import app
from tests.architecture.test_layers import HEAVY

READERS = {"label", "balance", "crop", "fit", "predict", "score", "judge", "report", "sql", "lineage", "coverage", "suggest"}
OTHERS = {"run", "ingest", "export", "promote", "rollback", "detect", "demo", "init", "doctor", "gc", "freeze", "withdraw", "taxonomy"}
OTHERS |= {"models", "delete", "prune"}


@pytest.fixture(scope="module")
def commands() -> dict[str, set[str]]:
    """The options of every command, by its name."""
    groups = [typer.main.get_command(app)]
    found: dict[str, set[str]] = {}
    for group in groups:
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            if hasattr(command, "commands"):
                groups.append(command)
            found[name] = {option for parameter in command.params for option in parameter.opts}
    return found


def test_every_command_is_there_once(commands: dict[str, set[str]]) -> None:
    assert commands.keys() == READERS | OTHERS


def test_every_command_that_reads_tables_reads_them_as_of_any_time(commands: dict[str, set[str]]) -> None:
    assert {name for name, options in commands.items() if "--as-of" in options} == READERS


def test_the_command_line_starts_without_any_heavy_library() -> None:
    code = "import centrepiece.cli.app, sys; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120).stdout
    assert {name.split(".")[0] for name in said.split()} & HEAVY == set()
