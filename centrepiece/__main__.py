"""Start the command line, for `python -m centrepiece` and for the command `centrepiece`."""

import sys

from centrepiece.origin import shadowing_fault


def start() -> None:
    """Check that our packages are our own, then run the command line."""
    if fault := shadowing_fault():
        sys.stderr.write(f"error: {fault}\n")
        sys.exit(2)
    from centrepiece.cli.app import run_command_line
    from centrepiece.cli.imports import import_quickly

    import_quickly()
    run_command_line()


if __name__ == "__main__":
    start()
