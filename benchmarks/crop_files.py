"""Which row groups and which compression suit files of crops: the same crops written in many ways, in turn.

Run: python -m benchmarks.crop_files [FOLDER] [--images 1200] [--crops 2000] [--rounds 5]

Prints for each way the CPU to write a crop, its bytes in the file, and the time to read one crop at random: the row
group that holds it, all columns. Pixels and masks are stored as they are in all of them. FOLDER as `crop_rate` has it.
"""

import argparse
import io
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.crop_contenders import shards_of
from benchmarks.crop_set import crop_set
from imaging.source_images import read_source
from jobs.crop.cut import cut_shard
from lake.configuration import CropSpec

GROUPS = (16, 64, 256)
CODECS = ("NONE", "SNAPPY", "LZ4", "ZSTD")
READS = 40


def crops_of(folder: Path, wanted: int) -> pa.Table:
    """Cut some crops of a set."""
    parts: list[pa.Table] = []
    for rows in shards_of(folder)[0]:
        parts += [part.crops for part in cut_shard(rows.plan, rows.instances, CropSpec(), read_source)]
        if sum(map(len, parts)) >= wanted:
            break
    return pa.concat_tables(parts)[:wanted].combine_chunks()


def write(rows: pa.Table, group: int, codec: str) -> bytes:
    """Write as `lake.publishing.shards.write_shard` does, but for the codec."""
    binary = {field.name for field in rows.schema if pa.types.is_binary(field.type)}
    settings = {
        "compression": {name: "NONE" if name in binary else codec for name in rows.schema.names},
        "use_dictionary": [field.name for field in rows.schema if pa.types.is_string(field.type)],
        "write_statistics": [name for name in rows.schema.names if name not in binary],
    }
    file = io.BytesIO()
    with pq.ParquetWriter(file, rows.schema, version="2.6", **settings) as writer:
        for first in range(0, len(rows), group):
            writer.write_table(rows.slice(first, group), row_group_size=group)
    return file.getvalue()


def read_one(stored: pq.ParquetFile, group: int, row: int) -> int:
    """Read one crop; returns the bytes of its pixels."""
    rows = stored.read_row_group(row // group, use_threads=False)
    return len(rows.slice(row % group, 1).to_pylist()[0]["pixels"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path(tempfile.gettempdir()) / "centrepiece-crop-sets")
    parser.add_argument("--images", type=int, default=1200)
    parser.add_argument("--crops", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    rows = crops_of(crop_set(wanted.folder, wanted.images), wanted.crops)
    places = np.random.default_rng(0).integers(0, len(rows), READS).tolist()
    ways = [(group, codec) for group in GROUPS for codec in CODECS]
    writes: dict[tuple[int, str], list[float]] = {way: [] for way in ways}
    reads: dict[tuple[int, str], list[float]] = {way: [] for way in ways}
    sizes = {}
    for _ in range(wanted.rounds):
        for way in ways:
            began = time.process_time()
            data = write(rows, *way)
            writes[way].append((time.process_time() - began) / len(rows))
            sizes[way] = len(data) / len(rows)
            stored = pq.ParquetFile(pa.BufferReader(data))
            began = time.process_time()
            for row in places:
                read_one(stored, way[0], row)
            reads[way].append((time.process_time() - began) / READS)
    print(f"{len(rows):,} crops, {np.mean([len(one) for one in rows.column('pixels').to_pylist()]):,.0f} bytes of pixels each")
    for way in ways:
        group, codec = way
        print(
            f"{group:4} crops a group  {codec:7} {1e6 * statistics.median(writes[way]):5.0f} us to write"
            f"  {sizes[way]:8,.0f} bytes a crop  {1e3 * statistics.median(reads[way]):6.2f} ms to read one"
        )


if __name__ == "__main__":
    main()
