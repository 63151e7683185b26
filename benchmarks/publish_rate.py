"""Commits per second, and what a commit costs as its table grows.

    python -m benchmarks.publish_rate [--files 10000] [--shards 100] [--catalog postgresql+psycopg://…]

Two tables grow to the same number of files, by appends and by replacing one part after the other. A publication is
what a stage pays after its shards are written: lease, record, footers, one snapshot. The limit beside it is the same
commit with nothing of ours around it: pyiceberg's `add_files`.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pyiceberg.catalog import load_catalog

from lake.contracts import Reject
from lake.digests import stage_key
from lake.lake import Lake, connect
from lake.publishing import Output, publish_stage
from lake.reasons import Reason
from lake.schemas import iceberg_schema, table_of
from lake.shards import Receipt, shard_name, write_shard


@dataclass(frozen=True, slots=True)
class Cost:
    """What one publication took."""

    wall_s: float
    cpu_s: float  # of this process, all threads


def main() -> None:
    """Measure and print one table a way of publishing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000, help="files that the tables grow to")
    parser.add_argument("--shards", type=int, default=100, help="files a publication")
    parser.add_argument("--catalog", default=None, help="SQLAlchemy URL of a catalog; SQLite by default")
    chosen = parser.parse_args()
    publications = chosen.files // chosen.shards
    ways: dict[str, Callable[[Lake, int, int], Cost]] = {"append": _append, "replace a part": _replace}
    for way, publish in ways.items():
        with tempfile.TemporaryDirectory() as folder:
            lake = connect(folder, catalog=chosen.catalog, name=way.replace(" ", "_"))
            _show(way, [publish(lake, number, chosen.shards) for number in range(publications)], chosen.shards)
    with tempfile.TemporaryDirectory() as folder:
        _show("limit: add_files", list(_bare(folder, publications, chosen.shards)), chosen.shards)
    with tempfile.TemporaryDirectory() as folder:
        lake = connect(folder, catalog=chosen.catalog, name="small")
        _show("append one file", [_append(lake, number, 1) for number in range(100)], 1)


def _append(lake: Lake, number: int, shards: int) -> Cost:
    return _publish(lake, number, shards, "same", "append")


def _replace(lake: Lake, number: int, shards: int) -> Cost:
    return _publish(lake, number, shards, f"source-{number}", "replace")


def _publish(lake: Lake, number: int, shards: int, source: str, mode: str) -> Cost:
    key = stage_key("ingest", inputs={"export": str(number)}, spec={"shards": shards})
    part = {"stage": "ingest", "source": source}
    receipts = _write(lake, key, part, shards)
    costs: list[Cost] = []
    with _measured(costs):
        publish_stage(
            lake,
            stage="ingest",
            key=key,
            rows_in=shards,
            rows_out=0,
            rejected={Reason.BOX_ONLY: shards},
            outputs=[Output("rejects", part, receipts, "append" if mode == "append" else "replace")],
        )
    return costs[0]


def _bare(folder: str, publications: int, shards: int) -> Iterator[Cost]:
    lake = connect(f"{folder}/store")
    catalog = load_catalog("bare", type="sql", uri=f"sqlite:///{folder}/bare.db", warehouse=f"{folder}/bare")
    catalog.create_namespace("bare")
    table = catalog.create_table("bare.rejects", iceberg_schema(Reject))
    for number in range(publications):
        key = stage_key("bare", inputs={}, spec={"number": number})
        receipts = _write(lake, key, {"stage": "ingest", "source": "same"}, shards)
        costs: list[Cost] = []
        with _measured(costs):
            table.add_files([lake.store.uri(receipt.path) for receipt in receipts], check_duplicate_files=False)
        yield costs[0]


def _write(lake: Lake, key: str, part: dict[str, str], shards: int) -> list[Receipt]:
    # One shard is written, the others are links to it: what is measured begins after the shards are there.
    place = lake.place("rejects", key, part)
    row = table_of(Reject, [Reject("0" * 64, "ingest", part["source"], "", "box-only", "")])
    first = write_shard(place, shard_name(0, shards), [row])
    if first is None:
        raise RuntimeError("a shard with a row has a receipt")
    others = [f"{place.folder}/{shard_name(number, shards)}.parquet" for number in range(1, shards)]
    for other in others:
        os.link(lake.store.uri(first.path), lake.store.uri(other))
    return [first, *(replace(first, path=other) for other in others)]


def _show(way: str, costs: list[Cost], shards: int) -> None:
    wall = sum(cost.wall_s for cost in costs)
    print(f"\n{way}: {len(costs) / wall:.1f} commits a second, {len(costs) * shards:,} files at the end")
    step = max(1, len(costs) // 5)
    for start in range(0, len(costs), step):
        window = costs[start : start + step]
        walls, cpus = [cost.wall_s for cost in window], [cost.cpu_s for cost in window]
        print(
            f"  to {(start + len(window)) * shards:>7,} files: median {statistics.median(walls) * 1000:7.1f} ms, "
            f"longest {max(walls) * 1000:7.1f} ms, CPU {statistics.median(cpus) * 1000:7.1f} ms"
        )


@contextmanager
def _measured(costs: list[Cost]) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    costs.append(Cost(time.perf_counter() - wall, time.process_time() - cpu))


if __name__ == "__main__":
    main()
