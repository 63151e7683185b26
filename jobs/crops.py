"""A shard of the plan with the instances of its images in, the shard's crops and rejects out.

Each picture is read once for all its windows. Masks are cut from run lengths in the window alone. Pixels of regions to
ignore (crowds, void) are ignored unless they belong to the crop's own instance.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.blocks import Block, cut_blocks
from jobs.crop_facts import crowding_of, size_of, thinness_of
from lake.configuration import CropSpec
from lake.contracts import Crop, Instance, PlannedCrop, Reject
from lake.crop_pixels import encode_mask, visible_part
from lake.digests import digest
from lake.errors import ContractError
from lake.images import ImageRefusedError
from lake.masks import decode_window
from lake.orientation import Box
from lake.reasons import Reason
from lake.runs import Mask
from lake.schemas import conform

STAGE = "crop"
VERSION = 1
"""Of this code: raised when the same plan gives other crops."""

KEPT, IGNORED = "kept", "ignored"
CROPS_PER_BATCH = 64

ReadSource = Callable[[Sequence[str], str], bytes]
"""Locations and image id in, the picture's bytes out; see `jobs.crop_sources.read_source`."""


@dataclass(frozen=True, slots=True)
class CutCrops:
    """What became of some planned crops."""

    crops: pa.Table  # rows of `crops`
    rejects: pa.Table  # rows of `rejects`
    images: int  # pictures read or tried


@dataclass(frozen=True, slots=True)
class _Cut:
    plan: int  # row
    instance: int  # row
    window: Box
    visible: Box
    mask: Mask
    ignore: Mask | None
    crowding: int
    thinness: float


def spec_digest(spec: CropSpec) -> str:
    """Return what `Crop.spec` holds: crops of equal crop_id and spec have equal pixels and masks."""
    return digest("crops", spec, VERSION)


def cut_shard(plan: pa.Table, instances: pa.Table, spec: CropSpec, read: ReadSource) -> Iterator[CutCrops]:
    """Cut the planned crops of one shard, some at a time.

    Args:
        plan: Rows of `plan`.
        instances: Rows of `instances`: all kept and ignored ones of the plan's images.
        spec: How pixels are kept.
        read: Gives the bytes of a picture, or raises ImageRefusedError.

    Raises:
        ContractError: The plan names an instance that is not there, or a window breaks the centre rule.
    """
    plan = plan.sort_by([("image_id", "ascending"), ("crop_id", "ascending")])
    instances = instances.sort_by([("image_id", "ascending"), ("instance_id", "ascending")])
    images = _images(plan, instances)
    pending: list[tuple[_Cut, Block]] = []
    refused: list[tuple[_Cut, ImageRefusedError]] = []
    seen = 0
    for uris, image_id, cuts in images:
        seen += 1
        try:
            blocks = _blocks(read(uris, image_id), cuts, spec)
            pending += zip(cuts, blocks, strict=True)
        except ImageRefusedError as error:
            refused += ((cut, error) for cut in cuts)
        if len(pending) >= CROPS_PER_BATCH:
            yield CutCrops(_crops(plan, instances, pending, spec), _rejects(plan, instances, refused), seen)
            pending, refused, seen = [], [], 0
    yield CutCrops(_crops(plan, instances, pending, spec), _rejects(plan, instances, refused), seen)


def _blocks(data: bytes, cuts: Sequence[_Cut], spec: CropSpec) -> list[Block]:
    try:
        return cut_blocks(data, [cut.visible for cut in cuts], lossless=spec.codec == "lossless")
    except ImageRefusedError as error:
        raise ImageRefusedError(Reason.UNREADABLE_SOURCE, str(error)) from error


def _images(plan: pa.Table, instances: pa.Table) -> Iterator[tuple[list[str], str, list[_Cut]]]:
    """Yield each image of the plan: its locations, its id and its cuts, masks drawn."""
    planned, known = (np.asarray(table.column("image_id").to_numpy(), np.object_) for table in (plan, instances))
    edges = [0, *(np.flatnonzero(planned[1:] != planned[:-1]) + 1).tolist(), len(planned)]
    for start, end in itertools.pairwise(edges):
        if start == end:
            continue
        image_id = str(planned[start])
        first, last = np.searchsorted(known, image_id), np.searchsorted(known, image_id, side="right")
        rows = instances.slice(int(first), int(last - first))
        cuts = list(_cuts(plan.slice(start, end - start), rows, start, int(first)))
        yield sorted(set(rows.column("uri").to_pylist())), image_id, cuts


def _cuts(plan: pa.Table, instances: pa.Table, plan_start: int, instance_start: int) -> Iterator[_Cut]:
    rows = {name: row for row, name in enumerate(instances.column("instance_id").to_pylist())}
    geometry = instances.column("geometry").to_pylist()
    height, width = (instances.column(f"image_{side}")[0].as_py() if len(instances) else 0 for side in ("height", "width"))
    boxes = _boxes(instances, "box")
    kept = np.asarray(pc.equal(instances.column("disposition"), KEPT))
    ignored = [counts for counts, one in zip(geometry, instances.column("disposition").to_pylist(), strict=True) if one == IGNORED]
    crowding = np.zeros(len(boxes), np.int64)
    crowding[kept] = crowding_of(boxes[kept])
    owned = plan.column("owns_centre").to_pylist()
    for number, (name, window) in enumerate(
        zip(plan.column("instance_id").to_pylist(), map(Box._make, _boxes(plan, "window").tolist()), strict=True)
    ):
        if name not in rows:
            raise ContractError(f"the plan names instance {name!r}, which `instances` does not hold; run balance again")
        row = rows[name]
        visible = _visible(window, width, height, name)
        mask = decode_window(geometry[row], height, width, *visible)
        if owned[number] and not _owns_centre(window, visible, mask):
            raise ContractError(f"the centre of window {tuple(window)} does not belong to instance {name!r}; run balance again")
        regions = [decode_window(counts, height, width, *visible) for counts in ignored]
        ignore = np.logical_or.reduce(regions) & ~mask if regions else mask[:0]
        shape = thinness_of(decode_window(geometry[row], height, width, *boxes[row].tolist()))
        kept_ignore = ignore if ignore.any() else None
        yield _Cut(plan_start + number, instance_start + row, window, visible, mask, kept_ignore, int(crowding[row]), shape)


def _visible(window: Box, width: int, height: int, instance: str) -> Box:
    try:
        return visible_part(window, width, height)
    except ValueError as error:
        raise ContractError(f"the plan's window of instance {instance!r} misses its image: {error}; run balance again") from None


def _boxes(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    sides = ("x", "y", "width", "height") if name == "box" else ("left", "top", "width", "height")
    return np.stack([table.column(f"{name}_{side}").to_numpy().astype(np.int64) for side in sides], axis=1)


def _owns_centre(window: Box, visible: Box, mask: Mask) -> bool:
    x, y = window.left + window.width // 2 - visible.left, window.top + window.height // 2 - visible.top
    return 0 <= x < visible.width and 0 <= y < visible.height and bool(mask[y, x])


def _crops(plan: pa.Table, instances: pa.Table, cut: Sequence[tuple[_Cut, Block]], spec: CropSpec) -> pa.Table:
    planned = plan.take(pa.array([one.plan for one, _ in cut], pa.int64()))
    known = instances.take(pa.array([one.instance for one, _ in cut], pa.int64()))
    masks = [encode_mask(one.mask) for one, _ in cut]
    columns: dict[str, Any] = {field.name: known.column(field.name) for field in fields(Instance)}
    columns |= {field.name: planned.column(field.name) for field in fields(PlannedCrop)}
    columns |= {
        "size": [size_of(area) for area in known.column("area").to_pylist()],
        "thinness": [one.thinness for one, _ in cut],
        "crowding": pa.array([one.crowding for one, _ in cut], pa.int32()),
        "pixel_codec": [block.codec for _, block in cut],
        "pixels": pa.array([block.data for _, block in cut], pa.binary()),
        "block_left": pa.array([block.left for _, block in cut], pa.int32()),
        "block_top": pa.array([block.top for _, block in cut], pa.int32()),
        "orientation": pa.array([block.orientation for _, block in cut], pa.int32()),
        "mask_codec": [codec for codec, _ in masks],
        "mask": pa.array([data for _, data in masks], pa.binary()),
        "ignore": pa.array([None if one.ignore is None else encode_mask(one.ignore)[1] for one, _ in cut], pa.binary()),
        "spec": [spec_digest(spec)] * len(cut),
    }
    wanted = [field.name for field in fields(Crop)]
    return conform(pa.table({name: columns[name] for name in wanted}), Crop)


def _rejects(plan: pa.Table, instances: pa.Table, refused: Sequence[tuple[_Cut, ImageRefusedError]]) -> pa.Table:
    crops = plan.column("crop_id").take(pa.array([cut.plan for cut, _ in refused], pa.int64())).to_pylist()
    known = instances.select(["source", "source_ref"]).take(pa.array([cut.instance for cut, _ in refused], pa.int64()))
    reasons = [error.reason.value for _, error in refused]
    columns = {
        "reject_id": [hashlib.sha256(f"{STAGE}/{crop}/{reason}".encode()).hexdigest() for crop, reason in zip(crops, reasons, strict=True)],
        "stage": [STAGE] * len(refused),
        "source": known.column("source"),
        "source_ref": known.column("source_ref"),
        "reason": reasons,
        "detail": [f"{error}; crop {crop}" for (_, error), crop in zip(refused, crops, strict=True)],
    }
    return conform(
        pa.table(
            {
                name: pa.chunked_array([pa.array(values, pa.string())]) if isinstance(values, list) else values
                for name, values in columns.items()
            }
        ),
        Reject,
    )
