import rich
from rich.console import Console

from lake.console import shared_console


def test_progress_shares_the_console_that_the_command_line_set_up() -> None:
    before = dict(rich.get_console().__dict__)
    try:
        rich.reconfigure(stderr=True)
        assert shared_console() is rich.get_console()
    finally:
        rich.get_console().__dict__.update(before)


def test_progress_never_goes_to_stdout() -> None:
    before = dict(rich.get_console().__dict__)
    try:
        rich.reconfigure(stderr=False)
        console = shared_console()
        assert isinstance(console, Console)
        assert console.stderr
        assert console is not rich.get_console()
    finally:
        rich.get_console().__dict__.update(before)
