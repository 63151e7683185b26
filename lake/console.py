"""The one console that log lines and progress bars share while a stage runs."""

import rich
from rich.console import Console


def shared_console() -> Console:
    """Return rich's console where it writes to stderr, as the command line sets it up; else a new one on stderr.

    Log lines and progress bars of one console keep out of each other's way; those of two overwrite each other.
    """
    console = rich.get_console()
    return console if console.stderr else Console(stderr=True)
