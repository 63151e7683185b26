"""Check that our packages are our own: `jobs`, `demo` or `flows` may also be the name of a user's folder."""

import importlib.util
from pathlib import Path

from centrepiece.packages import PACKAGES

INSTALLED_IN = Path(__file__).resolve().parent.parent
"""The folder that holds all our packages: site-packages, or a checkout."""


def shadowing_fault(folder: Path = INSTALLED_IN) -> str | None:
    """Say which of our packages Python would import from elsewhere, and what to do; None where all are ours.

    Nothing is imported: the packages are only looked for, as an import would.

    Args:
        folder: Where the packages are expected.
    """
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None:
            return f"package {package!r} is missing from the installation in {folder}; install centrepiece again"
        found = [Path(place).resolve() for place in spec.submodule_search_locations or (spec.origin or "",)]
        if found != [folder / package]:
            return (
                f"Python would import {package!r} from {found[0]} instead of centrepiece's own in {folder}; start `centrepiece` rather "
                f"than `python -m centrepiece`, start in another folder, or take {found[0].parent} off PYTHONPATH"
            )
    return None
