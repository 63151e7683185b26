"""pandas stays out while pyarrow loads, and is there for who asks."""

import subprocess
import sys

LOADED = """
import sys
from centrepiece.cli.imports import import_quickly
import_quickly()
import pyarrow as pa, pyarrow.dataset
loaded = "pandas" in sys.modules
print(loaded, pa.table({"a": [1]}).to_pandas()["a"].sum(), pa.array(__import__("pandas").Series([2, None])).null_count)
"""


def test_pandas_is_loaded_for_who_uses_it_and_not_by_the_way() -> None:
    said = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=120).stdout
    assert said.split() == ["False", "1", "1"]
