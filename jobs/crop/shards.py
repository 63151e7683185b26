"""Assigns the plan's images, and the rows that are needed for them, to shards; the plan alone decides, no cluster does."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.packing import pack_by_prefix
from lake.contracts import CONTRACT_VERSION
from lake.dispositions import IGNORED, KEPT

CROPS_PER_SHARD = 2048
PIXELS_PER_SHARD = 1 << 26
"""Window pixels: about 24 MB as JPEG blocks and 130 MB as PNG."""

LEAST_CROPS_PER_SHARD, SHARDS_WANTED = 64, 16
"""Small plans are cut finer, down to 64 crops a shard, so that some cores all have work; each shard costs Spark some 15 ms of CPU."""

ASSIGNMENT = pa.schema([("image_id", pa.string()), ("first_shard", pa.int32()), ("shards", pa.int32())])


@dataclass(frozen=True, slots=True)
class ShardRows:
    """What is cut into one shard."""

    shard: int
    plan: pa.Table
    instances: pa.Table  # of the plan's images

    def name(self, settings: str) -> str:
        """Name the shard by all that its crops follow from: whatever has the same name has the same crops.

        Args:
            settings: A digest of how crops are cut.
        """
        sha = hashlib.sha256(f"{settings} {CONTRACT_VERSION}".encode())
        for rows, key in ((self.plan, "crop_id"), (self.instances, "instance_id")):
            named = rows.select(sorted(rows.column_names)).replace_schema_metadata(None)
            order = pc.sort_indices(named, sort_keys=[(key, "ascending")])
            sha.update(_as_stream(named.take(order).combine_chunks()))
        return f"crops-{sha.hexdigest()[:40]}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as Arrow streams: a pickle of a slice would hold all rows that it is cut from."""
        return _received, (self.shard, _as_stream(self.plan), _as_stream(self.instances))


def image_loads(plan: Iterable[pa.RecordBatch]) -> pa.Table:
    """Add up the crops and window pixels of each image.

    Args:
        plan: Columns image_id, window_width and window_height of `plan`.

    Returns:
        One row an image, by image_id: image_id, crops, pixels.
    """
    sums = []
    for batch in plan:
        pixels = np.multiply(batch.column("window_width"), batch.column("window_height"), dtype=np.int64)
        rows = pa.table({"image_id": batch.column("image_id"), "crops": np.ones(len(pixels), np.int64), "pixels": pixels})
        sums.append(_summed(rows, "crops", "pixels"))
    rows = _summed(pa.concat_tables(sums), "crops", "pixels") if sums else pa.table({"image_id": [], "crops": [], "pixels": []})
    return rows.sort_by("image_id")


def assign_shards(loads: pa.Table) -> tuple[pa.Table, int]:
    """Divide whole images among shards by the first bits of their ids, which are hashes; one beyond a shard's share takes several.

    So a few edits change a few shards, and leave the others as they were; see `jobs.crop.reuse.standing_shards`.

    Args:
        loads: As `image_loads` returns them; ids are hexadecimal.

    Returns:
        A table of `ASSIGNMENT`, one row an image, and the number of shards.
    """
    crops, pixels = (np.array(loads.column(name), np.float64) for name in ("crops", "pixels"))
    share = _shares(crops, pixels)
    count = np.ceil(share).astype(np.int64).clip(1)
    keys = np.array([int(name[:16].ljust(16, "0"), 16) for name in loads.column("image_id").to_pylist()], np.uint64)
    groups = pack_by_prefix(keys, share, 1.0)
    # An image that takes several shards is a group of its own, so a group takes as many as its first image.
    taken = count[[group.start for group in groups]]
    first = np.repeat(np.cumsum(taken) - taken, [len(group) for group in groups])
    columns = [loads.column("image_id"), pa.array(first, pa.int32()), pa.array(count, pa.int32())]
    return pa.table(columns, schema=ASSIGNMENT), int(taken.sum())


def cut_or_ignored() -> pc.Expression:
    """Return the filter of the instances that shards need: those that are cut, and those whose pixels are ignored."""
    return pc.field("disposition").isin([KEPT, IGNORED])


def assign_rows(plan: pa.Table, instances: pa.Table, assignment: pa.Table) -> Iterator[ShardRows]:
    """Give each shard its rows, shard by shard.

    Args:
        plan: Rows of `plan`.
        instances: Rows of `instances`; those of images that are not planned are left out.
        assignment: As `assign_shards` returns it.
    """
    first, shards = (np.array(assignment.column(name), np.int64) for name in ("first_shard", "shards"))
    image = _images_of(plan, assignment)
    # A crop's id is a hash: its first digits spread the crops of an image that takes several shards.
    spread = np.zeros(len(plan), np.int64)
    for row in np.flatnonzero(shards[image] > 1).tolist():
        spread[row] = int(plan.column("crop_id")[row].as_py()[:8], 16) % shards[image[row]]
    planned = _by_shard(plan, np.arange(len(plan)), first[image] + spread)
    image = _images_of(instances, assignment)
    rows = np.flatnonzero(image >= 0)
    copies = shards[image[rows]]
    numbers = np.arange(copies.sum()) - np.repeat(np.cumsum(copies) - copies, copies)
    known = _by_shard(instances, np.repeat(rows, copies), np.repeat(first[image[rows]], copies) + numbers)
    for shard, crops in planned.items():
        yield ShardRows(shard, crops, known.get(shard, instances.slice(0, 0)))


def _as_stream(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    sent: bytes = sink.getvalue().to_pybytes()
    return sent


def _received(shard: int, plan: bytes, instances: bytes) -> ShardRows:
    return ShardRows(shard, pa.ipc.open_stream(plan).read_all(), pa.ipc.open_stream(instances).read_all())


def _images_of(table: pa.Table, assignment: pa.Table) -> npt.NDArray[np.int64]:
    """Return the row of `assignment` of each row's image, or -1."""
    found = pc.index_in(table.column("image_id"), assignment.column("image_id").combine_chunks())
    return np.array(pc.fill_null(found, -1), np.int64)


def _by_shard(table: pa.Table, rows: npt.NDArray[np.int64], shards: npt.NDArray[np.int64]) -> dict[int, pa.Table]:
    order = np.argsort(shards, kind="stable")
    names, begins = np.unique(shards[order], return_index=True)
    sorted_rows = table.combine_chunks().take(pa.array(rows[order]))  # at once: each call on chunks looks through all of them
    limits = [*begins.tolist(), len(order)]
    return {shard: sorted_rows.slice(limits[n], limits[n + 1] - limits[n]) for n, shard in enumerate(names.tolist())}


def _shares(crops: npt.NDArray[np.float64], pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    wanted = max(LEAST_CROPS_PER_SHARD, min(CROPS_PER_SHARD, int(crops.sum()) // SHARDS_WANTED))
    most = 1 << (wanted.bit_length() - 1)  # a power of two: it stays while the plan grows a little
    return np.maximum(crops / most, pixels / PIXELS_PER_SHARD)


def _summed(rows: pa.Table, *names: str) -> pa.Table:
    return rows.group_by("image_id").aggregate([(name, "sum") for name in names]).rename_columns(["image_id", *names])
