"""Writes the reference of the command line from the commands themselves."""

from collections.abc import Iterator
from typing import Any

import typer.main

from centrepiece.cli.app import app
from infra.docs.markdown import code, page, table


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command, those of groups too: its whole name, and what typer knows of it."""
    yield from _commands("centrepiece", typer.main.get_command(app))


def command_line_page() -> str:
    """Return the page of all commands."""
    intro = (
        "`centrepiece --help` and `centrepiece COMMAND --help` say the same. `--verbose`, before the command, logs more. Results go to "
        "stdout, tables and progress to stderr."
    )
    codes = table(
        ["exit code", "meaning"],
        [
            ["0", "done"],
            ["2", "the input, the configuration or the machine is at fault; the message says where and what to do"],
            ["3", "the gate said no, or could not tell"],
            ["other", "a crash"],
        ],
    )
    return page("Command line", intro, codes, *(_section(name, command) for name, command in commands()))


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for inner_name, inner in sorted(command.commands.items()):
            yield from _commands(f"{name} {inner_name}", inner)
    else:
        yield name, command


def _section(name: str, command: Any) -> str:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    usage = " ".join([name, *(_usage(argument) for argument in arguments)])
    rows = [[code(_names(parameter)), parameter.help or "", _default(parameter)] for parameter in command.params]
    listed = table(["argument or option", "meaning", "default"], rows)
    return f"## {name}\n\n{(command.help or '').strip()}\n\n```sh\n{usage}\n```\n\n{listed}"


def _usage(argument: Any) -> str:
    metavar = argument.name.upper()
    return metavar if argument.required else f"[{metavar}]"


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    names = ", ".join(parameter.opts)
    return names if getattr(parameter, "is_flag", False) else f"{names} {parameter.metavar or parameter.name.upper()}"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if getattr(parameter, "is_flag", False) or parameter.default is None:
        return ""
    return code(str(parameter.default))
