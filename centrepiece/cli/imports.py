"""What makes imports quick in the command line's own process; a program that uses the API keeps Python's ways."""

import gc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

COLLECT_AFTER = 50_000
"""New objects before the garbage collector looks again. Imports make objects that stay: Python's 700 look at them over and over."""


class PandasLater:
    """Keeps pandas out while `pyarrow.dataset` is loading; whoever imports it later gets it.

    pyarrow asks on the way whether a value is a pandas object, which loads pandas: a fifth of a second that few commands need.
    Its `to_pandas` asks again and finds it.
    """

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Refuse pandas while `pyarrow.dataset` has begun to load and is not there yet; leave everything else to other finders."""
        loading = sys.modules.get("pyarrow.dataset")
        if name == "pandas" and loading is not None and not hasattr(loading, "dataset"):
            raise ModuleNotFoundError("No module named 'pandas' while pyarrow.dataset loads", name=name)
        return None


def import_quickly() -> None:
    """Collect garbage seldom, and load pandas only for those who use it."""
    gc.set_threshold(COLLECT_AFTER)
    sys.meta_path.insert(0, PandasLater())
