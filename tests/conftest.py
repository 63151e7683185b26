"""What every test may use: the folder of real images and exports, where there is one."""

import os
import sys
from pathlib import Path

import pytest

LONGEST_FIRST = ("e2e", "integration", "property", "unit", "architecture")
DEFAULT_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"

if not hasattr(sys.modules["__main__"], "__file__"):
    # One of several test processes, started without a file: PySpark takes that for a doctest and ends the process.
    sys.modules["__main__"].__file__ = __file__

# Every kernel checks its bounds in tests, and in the processes that they start; such code is kept apart from what users run.
os.environ.setdefault("NUMBA_BOUNDSCHECK", "1")
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).resolve().parent.parent / ".pytest_cache" / "checked-kernels"))

if "PYTEST_XDIST_WORKER" in os.environ:
    # Two trainings side by side: threads that spin while they wait take the processor from those that work.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real images and exports; skips the test where it is absent."""
    folder = Path(os.environ.get("CENTREPIECE_DATA", str(DEFAULT_DATA)))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set CENTREPIECE_DATA to a folder that holds coco/, camvid/, platform/, saliency/")
    return folder.resolve()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest tests, so that processes that share the run end together."""
    here = Path(__file__).parent
    rank = {folder: number for number, folder in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(here).parts[0], len(rank)))
