"""The plan's images with their crops in, the shard that each is cut in out; the plan alone decides, no cluster does."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

CROPS_PER_SHARD = 2048
PIXELS_PER_SHARD = 1 << 26
"""Window pixels: about 24 MB as JPEG blocks and 130 MB as PNG."""

LEAST_CROPS_PER_SHARD, SHARDS_WANTED = 64, 32
"""Small plans are cut finer, down to 64 crops a shard, so that a few cores all have work."""

ASSIGNMENT = pa.schema([("image_id", pa.string()), ("first_shard", pa.int32()), ("shards", pa.int32())])


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
    """Fill shards with whole images in the order of their ids; an image beyond one shard's share takes several.

    Args:
        loads: As `image_loads` returns them.

    Returns:
        A table of `ASSIGNMENT`, one row an image, and the number of shards.
    """
    crops, pixels = (np.array(loads.column(name), np.float64) for name in ("crops", "pixels"))
    share = _shares(crops, pixels)
    count = np.ceil(share).astype(np.int64).clip(1)
    first = np.empty(len(share), np.int64)
    shard, filled = 0, 0.0
    for row in range(len(share)):
        if filled and filled + share[row] > 1:
            shard, filled = shard + 1, 0.0
        first[row] = shard
        filled += share[row]
        if count[row] > 1:
            shard, filled = shard + int(count[row]), 0.0
    columns = [loads.column("image_id"), pa.array(first, pa.int32()), pa.array(count, pa.int32())]
    return pa.table(columns, schema=ASSIGNMENT), shard + int(filled > 0)


def _shares(crops: npt.NDArray[np.float64], pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    most = max(LEAST_CROPS_PER_SHARD, min(CROPS_PER_SHARD, float(crops.sum()) / SHARDS_WANTED))
    return np.maximum(crops / most, pixels / PIXELS_PER_SHARD)


def _summed(rows: pa.Table, *names: str) -> pa.Table:
    return rows.group_by("image_id").aggregate([(name, "sum") for name in names]).rename_columns(["image_id", *names])
