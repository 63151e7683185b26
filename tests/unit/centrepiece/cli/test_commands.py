"""What the commands take, as the command line shows it."""

import pkgutil

import pytest
import typer

from centrepiece.cli.app import app

READERS = {"label", "balance", "crop", "fit", "predict", "score", "judge", "report", "sql", "lineage", "coverage", "suggest"}


@pytest.fixture(scope="module")
def commands() -> dict[str, set[str]]:
    """The options of every command, by its name."""
    for module in ("centrepiece.cli.data", "centrepiece.cli.start", "centrepiece.cli.store", "centrepiece.cli.taxonomy"):
        pkgutil.resolve_name(f"{module}:add_commands")(app)
    groups = [typer.main.get_command(app)]
    found: dict[str, set[str]] = {}
    for group in groups:
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            if hasattr(command, "commands"):
                groups.append(command)
            found[name] = {option for parameter in command.params for option in parameter.opts}
    return found


def test_every_command_that_reads_tables_reads_them_as_of_any_time(commands: dict[str, set[str]]) -> None:
    assert {name for name, options in commands.items() if "--as-of" in options} == READERS
