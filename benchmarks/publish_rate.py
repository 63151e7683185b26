"""Commits per second, and what a commit costs as its table grows.

    python -m benchmarks.publish_rate [--files 10000] [--shards 100] [--catalog postgresql+psycopg://…]

Three tables grow to the same number of files, a publication each in turn: by appends, by replacing one part after the
other, and, as the limit, by pyiceberg's bare `add_files`, the same commit with nothing of ours around it. A
publication is what a stage pays after its shards are written: lease, record, footers, one snapshot. A fourth table
takes one file a commit. All in one run, in alternation; the ratios are of medians.
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
from lake.lake import Lake, connect_lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard
from lake.reasons import Reason
from lake.schemas import table_of
from lake.storage.iceberg_schemas import iceberg_schema

APPEND, REPLACE, LIMIT, ONE_FILE = "append", "replace a part", "bare add_files", "append one file"


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
    with tempfile.TemporaryDirectory() as folder:
        ways = _ways(folder, chosen.catalog, chosen.shards)
        costs: dict[str, list[Cost]] = {way: [] for way in ways}
        for number in range(chosen.files // chosen.shards):
            for way, publish in ways.items():
                costs[way].append(publish(number))
    for way, found in costs.items():
        _show(way, found, 1 if way == ONE_FILE else chosen.shards)
    for way in (APPEND, REPLACE):
        first, last = (_median(costs[way][part]) / _median(costs[LIMIT][part]) for part in (slice(0, 20), slice(-20, None)))
        print(f"{way} / {LIMIT}: {first:.2f} over the first 20 commits, {last:.2f} over the last 20")


def _ways(folder: str, catalog: str | None, shards: int) -> dict[str, Callable[[int], Cost]]:
    lakes = {
        way: connect_lake(f"{folder}/{number}", catalog=catalog, name=f"way_{number}")
        for number, way in enumerate((APPEND, REPLACE, ONE_FILE))
    }
    return {
        APPEND: lambda number: _publish(lakes[APPEND], number, shards, "same", "append"),
        REPLACE: lambda number: _publish(lakes[REPLACE], number, shards, f"source-{number}", "replace"),
        LIMIT: _bare(f"{folder}/bare", shards),
        ONE_FILE: lambda number: _publish(lakes[ONE_FILE], number, 1, "same", "append"),
    }


def _publish(lake: Lake, number: int, shards: int, source: str, mode: str) -> Cost:
    key = stage_key("ingest", inputs={"export": str(number)}, spec={"shards": shards})
    part = {"stage": "ingest", "source": source}
    receipts = _write(lake.location("rejects", key, part), shards)
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


def _bare(folder: str, shards: int) -> Callable[[int], Cost]:
    lake = connect_lake(f"{folder}/store")
    catalog = load_catalog("bare", type="sql", uri=f"sqlite:///{folder}/bare.db", warehouse=f"{folder}/bare")
    catalog.create_namespace("bare")
    table = catalog.create_table("bare.rejects", iceberg_schema(Reject))

    def publish(number: int) -> Cost:
        key = stage_key("bare", inputs={}, spec={"number": number})
        receipts = _write(ShardLocation(lake.store, "rejects", key, {"stage": "ingest", "source": "same"}), shards)
        costs: list[Cost] = []
        with _measured(costs):
            table.add_files([lake.store.uri(receipt.path) for receipt in receipts], check_duplicate_files=False)
        return costs[0]

    return publish


def _write(place: ShardLocation, shards: int) -> list[Receipt]:
    # One shard is written, the others are links to it: what is measured begins after the shards are there.
    row = table_of(Reject, [Reject("0" * 64, "ingest", place.part["source"], "", "box-only", "")])
    first = write_shard(place, shard_name(0, shards), [row])
    if first is None:
        raise RuntimeError("a shard with a row has a receipt")
    others = [f"{place.folder}/{shard_name(number, shards)}.parquet" for number in range(1, shards)]
    for other in others:
        os.link(place.store.uri(first.path), place.store.uri(other))
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


def _median(costs: list[Cost]) -> float:
    return statistics.median(cost.wall_s for cost in costs)


@contextmanager
def _measured(costs: list[Cost]) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    costs.append(Cost(time.perf_counter() - wall, time.process_time() - cpu))


if __name__ == "__main__":
    main()
