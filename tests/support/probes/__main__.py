"""Run the probes and print what came of each: nothing may be silent, nothing lost.

    python -m tests.support.probes [--share 0.1] [--seed 7] [PROBE ...]

A violation is printed with what repeats it. Exit code 1 where there is one, or where fewer were tried than asked for.
"""

import argparse
import logging
import sys
import time
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table

from tests.support.probes import data_files, images, kills, metadata
from tests.support.probes.outcomes import Outcomes

PROBES: Mapping[str, tuple[Callable[[int, int], Outcomes], int]] = {
    "bits": (data_files.probe, 2000),
    "images": (images.probe, 5000),
    "metadata": (metadata.probe, 500),
    "kills": (kills.probe, 40),
}
"""What each probe runs, and how often."""

MOST_TOLD = 20
"""Violations of a probe that are printed."""


def main(chosen: list[str], share: float, seed: int) -> int:
    """Run some probes, print a table of outcomes, and return the exit code."""
    logging.disable(logging.WARNING)  # of what is damaged on purpose
    console, failed = Console(width=160), False
    table = Table("probe", "tried", "outcome", "times", "seconds", title=f"seed {seed}")
    for name in chosen or PROBES:
        probe, whole = PROBES[name]
        count, begun = max(1, round(share * whole)), time.monotonic()
        found = probe(count, seed)
        seconds = f"{time.monotonic() - begun:,.0f}"
        for outcome, times in found.outcomes.most_common():
            table.add_row(name, f"{found.tried:,}", outcome, f"{times:,}", seconds)
            name = seconds = ""
        table.add_row(
            "", "", "[red]broken promises" if found.violations else "broken promises", f"{len(found.violations):,}", "", end_section=True
        )
        failed |= bool(found.violations) or found.tried < count
        for violation in found.violations[:MOST_TOLD]:
            console.print(f"{found.name}: {violation}", markup=False, highlight=False)
    console.print(table)
    return int(failed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("probes", nargs="*", choices=[*PROBES, []], metavar="PROBE", help=", ".join(PROBES))
    parser.add_argument("--share", type=float, default=1.0, help="of the number of tries, e.g. 0.1")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    sys.exit(main(given.probes, given.share, given.seed))
