"""The `centrepiece` command: puts the commands together, and turns errors into a line on stderr and an exit code.

0 is done, 2 says that the input, the configuration or the machine is at fault, 3 that the gate said no.
"""

import logging
import sys
from typing import Annotated

import typer

from centrepiece.cli.commands.maintenance import maintenance_commands
from centrepiece.cli.commands.models import model_commands
from centrepiece.cli.commands.new_pipelines import new_pipeline_commands
from centrepiece.cli.commands.pipeline import pipeline_commands
from centrepiece.cli.commands.queries import query_commands
from centrepiece.cli.commands.taxonomy import taxonomy_commands
from centrepiece.cli.commands.withdrawals import withdrawal_commands
from centrepiece.cli.environment import prepare_environment
from centrepiece.cli.terminal import log_to_terminal, show_crash, show_error
from lake.errors import CentrepieceError
from lake.extras import missing_package_error
from lake.outages import as_centrepiece_error, system_errors

_log = logging.getLogger(__name__)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn labelled images into a promoted, regression-gated model that segments the object at the centre.",
)
for group in (pipeline_commands, query_commands, new_pipeline_commands, maintenance_commands, withdrawal_commands):
    app.add_typer(group)
app.add_typer(model_commands, name="models")
app.add_typer(taxonomy_commands, name="taxonomy")


@app.callback()
def _prepare(verbose: Annotated[bool, typer.Option("--verbose", help="Log more.")] = False) -> None:
    log_to_terminal(verbose=verbose)


def run_command_line() -> None:
    """Run the command line; every deliberate error becomes one line on stderr and its exit code."""
    prepare_environment()
    try:
        app()
    except KeyboardInterrupt:
        show_error("interrupted")
        sys.exit(130)
    except Exception as error:
        told = _as_told(error)
        if told is None:
            sys.excepthook = show_crash
            raise
        _log.debug("what ends the command", exc_info=error)
        show_error(str(told))
        sys.exit(told.exit_code)


def _as_told(error: Exception) -> CentrepieceError | None:
    """Return the deliberate error that an error is, or means; None for a crash."""
    if isinstance(error, CentrepieceError):
        return error
    if isinstance(error, ModuleNotFoundError):
        return missing_package_error(error)
    return as_centrepiece_error(error) if isinstance(error, system_errors()) else None
