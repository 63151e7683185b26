"""What checking costs where tables are read: ours (footer and page checksums) against the same files read unchecked.

    python -m benchmarks.checked_reads [ROUNDS]

Both read a file of crops (pixels of 16 KB in groups of 64 rows) and a file of instances, in turn, from the page cache on one
core; what is printed is the median of each, and their ratio. Writing is compared likewise, with and without page checksums.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lake.publishing.parquet_files import ChecksummedStream
from lake.publishing.reading import open_parquet
from lake.storage.store import open_store

PIXELS, CROPS, INSTANCES = 16_000, 4_096, 200_000


def crops() -> pa.Table:
    """Return rows with bytes, like those of `crops`."""
    random = np.random.default_rng(0)
    ids = [f"{number:064x}" for number in range(CROPS)]
    return pa.table({"crop_id": ids, "pixels": [random.bytes(PIXELS) for _ in ids]})


def instances() -> pa.Table:
    """Return rows of texts and numbers, like those of `instances`."""
    random = np.random.default_rng(1)
    ids = [f"{number * 7919:064x}" for number in range(INSTANCES)]
    return pa.table({"instance_id": ids, "area": random.integers(1, 10_000, INSTANCES), "label": random.choice(["car", "bus"], INSTANCES)})


def write(path: Path, rows: pa.Table, *, checked: bool) -> None:
    """Write a file as shards are written, by the checksummed stream or plainly."""
    group = 64 if "pixels" in rows.column_names else 32_768
    settings = {"compression": "NONE" if group == 64 else "ZSTD", "use_dictionary": False, "write_page_checksum": checked}
    with path.open("wb") as output:
        stream = ChecksummedStream(output)
        with pq.ParquetWriter(stream, rows.schema, **settings) as writer:
            writer.write_table(rows, row_group_size=group)
            stream.begin_footer()
        stream.end_footer()


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main(rounds: int) -> None:
    """Print the medians and ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(name)
        for kind, rows in (("crops", crops()), ("instances", instances())):
            file = folder / f"{kind}.parquet"
            write(file, rows, checked=True)

            def checked(path: str = file.name) -> None:
                with open_parquet(store, path) as opened:
                    opened.read(use_threads=False)

            def unchecked(path: str = file.name) -> None:
                with store.open_input(path) as stream:
                    pq.ParquetFile(stream).read(use_threads=False)

            def writes(on: bool, rows: pa.Table = rows) -> None:
                write(folder / "written.parquet", rows, checked=on)

            pairs = {
                "read": (checked, unchecked),
                "write": (lambda: writes(True), lambda: writes(False)),
            }
            for what, (ours, plain) in pairs.items():
                times = [(seconds(ours), seconds(plain)) for _ in range(rounds + 1)][1:]
                mine, theirs = (median(column) for column in zip(*times, strict=True))
                ratio = median(one / other for one, other in times)
                told = f"checked {1000 * mine:7.1f} ms  plain {1000 * theirs:7.1f} ms  ratio {ratio:.2f}"
                print(f"{what:5} {kind:9} {file.stat().st_size / 1e6:6.1f} MB  {told}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
