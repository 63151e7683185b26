"""What the settings of Parquet shards cost and save: bytes, CPU time to write, to read whole, and to read one row.

    python -m benchmarks.parquet_settings PIPELINE.yaml [--rows 20000] [--rounds 5]

The rows are those of a pipeline's `crops` (pixels and masks) and `annotations` (text and run lengths), repeated up to
the number asked for. Every setting is tried once a round, in an order drawn for each, in memory; figures are medians, and ratios
are to the settings in use.
"""

import argparse
import io
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.crop.cut import COMPRESSION
from lake.lake import open_lake
from lake.pipeline_file import load_pipeline
from lake.publishing.shards import ROWS_PER_GROUP, ROWS_PER_GROUP_WITH_BYTES, write_settings

RANDOM_READS = 20
USED = "in use"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way of writing a table took."""

    bytes: float
    write_s: float
    read_s: float
    row_s: float  # to read one row of the middle of nowhere


def main() -> None:
    """Measure and print one table of settings for each table of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", help="a pipeline whose lake holds crops and annotations")
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    lake = open_lake(load_pipeline(chosen.pipeline))
    for table, group, codec in (("crops", ROWS_PER_GROUP_WITH_BYTES, COMPRESSION), ("annotations", ROWS_PER_GROUP, "zstd")):
        rows = _repeated(lake.read(table), chosen.rows)
        ways = _ways(rows.schema, group, codec)
        costs: dict[str, list[Cost]] = {way: [] for way in ways}
        for round_number in range(chosen.rounds):
            for way in np.random.default_rng(round_number).permutation(list(ways)):
                settings, rows_per_group = ways[way]
                costs[way].append(_cost(rows, settings, rows_per_group, seed=round_number))
        _show(table, rows, costs)


def _ways(schema: pa.Schema, group: int, codec: str) -> dict[str, tuple[Mapping[str, Any], int]]:
    used = write_settings(schema, codec)
    everything = [column.name for column in schema]
    binary = [column.name for column in schema if pa.types.is_binary(column.type)]
    ways = {
        USED: (used, group),
        "text not compressed": (write_settings(schema, "none"), group),
        "text in snappy": (write_settings(schema, "snappy"), group),
        "text in zstd": (write_settings(schema, "zstd"), group),
        "everything in zstd": ({**used, "compression": "ZSTD"}, group),
        "no dictionaries": ({**used, "use_dictionary": False}, group),
        "dictionaries for text": ({**used, "use_dictionary": [c.name for c in schema if pa.types.is_string(c.type)]}, group),
        "dictionaries for all": ({**used, "use_dictionary": True}, group),
        "statistics for all": ({**used, "write_statistics": everything}, group),
        "pyarrow's defaults": ({}, 1 << 20),
    }
    sizes = (16, 256, 1024) if binary else (1024, 8192, 131072)
    return ways | {f"groups of {size:,}": (used, size) for size in sizes}


def _repeated(rows: pa.Table, count: int) -> pa.Table:
    times = -(-count // rows.num_rows)
    return pa.concat_tables([rows] * times).slice(0, count).combine_chunks()


def _cost(rows: pa.Table, settings: Mapping[str, Any], rows_per_group: int, *, seed: int) -> Cost:
    started = time.process_time()
    sink = io.BytesIO()
    pq.write_table(rows, sink, row_group_size=rows_per_group, **settings)
    written = time.process_time()
    data = pa.py_buffer(sink.getvalue())
    read_from = time.process_time()
    pq.read_table(pa.BufferReader(data), use_threads=False)
    read = time.process_time()
    file = pq.ParquetFile(pa.BufferReader(data))
    for row in np.random.default_rng(seed).integers(0, rows.num_rows, RANDOM_READS):
        file.read_row_group(int(row) // rows_per_group, use_threads=False).slice(int(row) % rows_per_group, 1).to_pylist()
    ended = time.process_time()
    return Cost(data.size, written - started, read - read_from, (ended - read) / RANDOM_READS)


def _show(table: str, rows: pa.Table, costs: Mapping[str, list[Cost]]) -> None:
    def median(way: str, what: str) -> float:
        return float(statistics.median(getattr(cost, what) for cost in costs[way]))

    print(f"\n{table}: {rows.num_rows:,} rows; in brackets the ratio to what is in use")
    print(f"{'':22}{'MiB':>15}{'write ms':>17}{'read ms':>17}{'one row ms':>17}")
    scales = {"bytes": 2.0**-20, "write_s": 1e3, "read_s": 1e3, "row_s": 1e3}
    for way in costs:
        cells = (f"{median(way, what) * scale:9.2f} ({median(way, what) / median(USED, what):.2f})" for what, scale in scales.items())
        print(f"{way:22}" + "".join(f"{cell:>17}" for cell in cells))


if __name__ == "__main__":
    main()
