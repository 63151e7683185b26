"""Cuts the planned crops of one shard out of their images and masks, or rejects them.

Each image is read once for all its windows, and not at all where every block of it is known from an earlier cut.
Pixels of regions to ignore (crowds, void) are ignored unless they belong to the crop's own instance.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa

from imaging.crop_codec import COCO_RLE
from imaging.images import ImageRefusedError
from imaging.orientation import Box
from jobs.crop.blocks import PixelBlock, cut_blocks
from jobs.crop.cut_version import spec_digest
from jobs.crop.properties import sizes_of
from jobs.crop.window_masks import WindowCuts, cut_windows
from lake.configuration import CropSpec
from lake.contracts import Crop, Instance, PlannedCrop, Reject
from lake.reasons import Reason
from lake.rejects import reject_table
from lake.schemas import conform, empty_table

BATCH_BYTES = 8 << 20
"""Of pixels that are gathered before they are written."""

COMPRESSION = "snappy"
"""Of all columns but pixels and masks, which are compressed already; see `benchmarks/crop_files.py`."""

_COLUMNS = [field.name for field in fields(Crop)]
_OF_INSTANCE = [field.name for field in fields(Instance) if field.name in _COLUMNS]

_NO_NEGATIVES = ImageRefusedError(Reason.NO_NEGATIVES, "every pixel of its window is the object's own or ignored")

ReadSource = Callable[[Sequence[str], str], bytes]
"""Reads the bytes of an image by its locations and id; see `imaging.source_images.read_source`."""


@dataclass(frozen=True, slots=True)
class CutCrops:
    """What became of some planned crops."""

    crops: pa.Table  # rows of `crops`
    rejects: pa.Table  # rows of `rejects`
    images: int  # images read, or tried
    reused: int  # crops whose pixels were cut before


def cut_shard(
    plan: pa.Table, instances: pa.Table, spec: CropSpec, read: ReadSource, known: Mapping[str, PixelBlock] | None = None
) -> Iterator[CutCrops]:
    """Cut the planned crops of one shard, some at a time, by image and crop id.

    Args:
        plan: Rows of `plan`.
        instances: Rows of `instances`: all kept and ignored ones of the plan's images.
        spec: How pixels are kept.
        read: Gives the bytes of an image, or raises ImageRefusedError.
        known: Blocks that were cut before, by crop id.

    Raises:
        ContractError: The plan names an instance that is not there, or a window breaks the centre rule.
    """
    if not len(plan):
        yield CutCrops(empty_table(Crop), empty_table(Reject), 0, 0)
        return
    plan = plan.sort_by([("image_id", "ascending"), ("crop_id", "ascending")]).combine_chunks()
    instances = instances.sort_by([("image_id", "ascending"), ("instance_id", "ascending")]).combine_chunks()
    windows, known = cut_windows(plan, instances), known or {}
    names = plan.column("crop_id").to_pylist()
    cut: dict[int, PixelBlock] = {}
    refused: dict[int, ImageRefusedError] = {}
    images = reused = size = 0
    for image_id, uris, crops in _images(plan, instances, windows):
        refused |= {crop: _NO_NEGATIVES for crop in crops if not windows.negatives[crop]}
        wanted = [crop for crop in crops if crop not in refused]
        cut |= {crop: known[names[crop]] for crop in wanted if names[crop] in known}
        new = [crop for crop in wanted if crop not in cut]
        images += bool(new)
        reused += len(wanted) - len(new)
        try:
            if new:
                cut |= zip(new, _blocks(read(uris, image_id), [windows.visible[crop] for crop in new], spec), strict=True)
        except ImageRefusedError as error:
            refused |= dict.fromkeys(new, error)
        size += sum(len(cut[crop].data) for crop in crops if crop in cut)
        if size >= BATCH_BYTES:
            yield CutCrops(_crops(plan, instances, windows, cut, spec), _rejects(plan, instances, windows, refused), images, reused)
            cut, refused, images, reused, size = {}, {}, 0, 0, 0
    yield CutCrops(_crops(plan, instances, windows, cut, spec), _rejects(plan, instances, windows, refused), images, reused)


def _blocks(data: bytes, boxes: Sequence[Box], spec: CropSpec) -> list[PixelBlock]:
    try:
        return cut_blocks(data, boxes, lossless=spec.codec == "lossless")
    except ImageRefusedError as error:
        raise ImageRefusedError(Reason.UNREADABLE_SOURCE, str(error)) from error


def _images(plan: pa.Table, instances: pa.Table, windows: WindowCuts) -> Iterator[tuple[str, list[str], range]]:
    """Yield each image of the plan: its id, its locations and the rows of its crops."""
    images = plan.column("image_id").to_pylist()
    uris = instances.column("uri").to_pylist()
    begin = 0
    for image_id, group in itertools.groupby(images):
        crops = range(begin, begin := begin + sum(1 for _ in group))
        yield image_id, sorted({uris[row] for row in windows.instances[crops.start : crops.stop].tolist()}), crops


def _crops(plan: pa.Table, instances: pa.Table, windows: WindowCuts, cut: Mapping[int, PixelBlock], spec: CropSpec) -> pa.Table:
    ordered = sorted(cut)  # what is known has come before what is new
    rows, blocks = np.array(ordered, np.int64), [cut[row] for row in ordered]
    planned = plan.take(pa.array(rows))
    known = instances.select(_OF_INSTANCE).take(pa.array(windows.instances[rows]))
    columns: dict[str, Any] = {name: known.column(name) for name in _OF_INSTANCE}
    columns |= {field.name: planned.column(field.name) for field in fields(PlannedCrop)}
    columns |= {
        "size": sizes_of(known.column("area").to_numpy()),
        "thinness": windows.thinness[rows],
        "crowding": windows.crowding[rows].astype(np.int32),
        "pixel_codec": [block.codec for block in blocks],
        "pixels": _joined([block.data for block in blocks]),
        "block_left": pa.array([block.left for block in blocks], pa.int32()),
        "block_top": pa.array([block.top for block in blocks], pa.int32()),
        "orientation": pa.array([block.orientation for block in blocks], pa.int32()),
        "mask_codec": [COCO_RLE] * len(blocks),
        "mask": pa.array([windows.masks[row] for row in ordered], pa.binary()),
        "ignore": pa.array([windows.ignored[row] for row in ordered], pa.binary()),
        "spec": [spec_digest(spec)] * len(blocks),
    }
    typed = {name: pa.array(columns[name], pa.string()) if isinstance(columns[name], list) else columns[name] for name in _COLUMNS}
    return conform(pa.table(typed), Crop)


def _joined(texts: Sequence[bytes]) -> pa.Array | pa.ChunkedArray:
    """Return texts as an array that is written once: a builder would copy what it has each time that it grows."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)), out=offsets[1:])
    if offsets[-1] > np.iinfo(np.int32).max:
        return pa.array(texts, pa.binary())  # in chunks
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(b"".join(texts))]
    return pa.Array.from_buffers(pa.binary(), len(texts), buffers)


def _rejects(plan: pa.Table, instances: pa.Table, windows: WindowCuts, refused: Mapping[int, ImageRefusedError]) -> pa.Table:
    rows = np.fromiter(refused, np.int64, len(refused))
    crops = plan.column("crop_id").take(pa.array(rows)).to_pylist()
    known = instances.select(["source", "source_ref"]).take(pa.array(windows.instances[rows]))
    return reject_table(
        "crop",
        keys=crops,
        sources=known.column("source").to_pylist(),
        refs=known.column("source_ref").to_pylist(),
        reasons=[error.reason.value for error in refused.values()],
        details=[f"{error}; crop {crop}" for error, crop in zip(refused.values(), crops, strict=True)],
    )
