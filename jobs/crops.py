"""A shard of the plan with the instances of its images in, the shard's crops and rejects out.

Each picture is read once for all its windows, and not at all where every block of it is known from an earlier cut.
Pixels of regions to ignore (crowds, void) are ignored unless they belong to the crop's own instance.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa

from jobs.blocks import Block, cut_blocks
from jobs.crop_facts import size_of
from jobs.crop_masks import ObjectRows, PlanRows, WindowCut, cut_windows, object_rows, plan_rows
from lake.configuration import CropSpec
from lake.contracts import Crop, Instance, PlannedCrop, Reject
from lake.crop_pixels import COCO_RLE
from lake.digests import digest
from lake.images import ImageRefusedError
from lake.reasons import Reason
from lake.schemas import conform

STAGE = "crop"
VERSION = 1
"""Of this code: raised when the same plan gives other crops."""

CROPS_PER_BATCH = 64

ReadSource = Callable[[Sequence[str], str], bytes]
"""Locations and image id in, the picture's bytes out; see `jobs.crop_sources.read_source`."""


@dataclass(frozen=True, slots=True)
class CutCrops:
    """What became of some planned crops."""

    crops: pa.Table  # rows of `crops`
    rejects: pa.Table  # rows of `rejects`
    images: int  # pictures read, or tried
    reused: int  # crops whose pixels were cut before


def spec_digest(spec: CropSpec) -> str:
    """Return what `Crop.spec` holds: crops of equal crop_id and spec have equal pixels."""
    return digest("crops", spec, VERSION)


def cut_shard(
    plan: pa.Table, instances: pa.Table, spec: CropSpec, read: ReadSource, known: Mapping[str, Block] | None = None
) -> Iterator[CutCrops]:
    """Cut the planned crops of one shard, some at a time, by image and crop id.

    Args:
        plan: Rows of `plan`.
        instances: Rows of `instances`: all kept and ignored ones of the plan's images.
        spec: How pixels are kept.
        read: Gives the bytes of a picture, or raises ImageRefusedError.
        known: Blocks that were cut before, by crop id.

    Raises:
        ContractError: The plan names an instance that is not there, or a window breaks the centre rule.
    """
    plan = plan.sort_by([("image_id", "ascending"), ("crop_id", "ascending")])
    instances = instances.sort_by([("image_id", "ascending"), ("instance_id", "ascending")])
    planned, known = plan_rows(plan), known or {}
    names = planned.crops
    cut: list[tuple[WindowCut, Block]] = []
    refused: list[tuple[WindowCut, ImageRefusedError]] = []
    images = reused = 0
    for uris, image_id, windows in _images(planned, object_rows(instances)):
        new = [window for window in windows if names[window.plan] not in known]
        fresh: dict[int, Block] = {}
        images += bool(new)
        try:
            if new:
                blocks = _blocks(read(uris, image_id), new, spec)
                fresh = {window.plan: block for window, block in zip(new, blocks, strict=True)}
        except ImageRefusedError as error:
            refused += ((window, error) for window in new)
        reused += len(windows) - len(new)
        blocks_of = {window.plan: fresh.get(window.plan) or known.get(names[window.plan]) for window in windows}
        cut += ((window, block) for window in windows if (block := blocks_of[window.plan]) is not None)
        if len(cut) >= CROPS_PER_BATCH:
            yield CutCrops(_crops(plan, instances, cut, spec), _rejects(plan, instances, refused), images, reused)
            cut, refused, images, reused = [], [], 0, 0
    yield CutCrops(_crops(plan, instances, cut, spec), _rejects(plan, instances, refused), images, reused)


def _blocks(data: bytes, windows: Sequence[WindowCut], spec: CropSpec) -> list[Block]:
    try:
        return cut_blocks(data, [window.visible for window in windows], lossless=spec.codec == "lossless")
    except ImageRefusedError as error:
        raise ImageRefusedError(Reason.UNREADABLE_SOURCE, str(error)) from error


def _images(plan: PlanRows, objects: ObjectRows) -> Iterator[tuple[list[str], str, list[WindowCut]]]:
    """Yield each image of the plan: its locations, its id and its windows, masks cut."""
    for image_id, group in itertools.groupby(range(len(plan.images)), key=plan.images.__getitem__):
        crops = list(group)
        rows = range(*(int(np.searchsorted(objects.images, image_id, side=side)) for side in ("left", "right")))
        windows = list(cut_windows(plan, objects, range(crops[0], crops[-1] + 1), rows))
        yield sorted(set(objects.uris[rows.start : rows.stop])), image_id, windows


def _crops(plan: pa.Table, instances: pa.Table, cut: Sequence[tuple[WindowCut, Block]], spec: CropSpec) -> pa.Table:
    planned = plan.take(pa.array([window.plan for window, _ in cut], pa.int64()))
    known = instances.take(pa.array([window.instance for window, _ in cut], pa.int64()))
    columns: dict[str, Any] = {field.name: known.column(field.name) for field in fields(Instance)}
    columns |= {field.name: planned.column(field.name) for field in fields(PlannedCrop)}
    columns |= {
        "size": [size_of(area) for area in known.column("area").to_pylist()],
        "thinness": [window.thinness for window, _ in cut],
        "crowding": pa.array([window.crowding for window, _ in cut], pa.int32()),
        "pixel_codec": [block.codec for _, block in cut],
        "pixels": pa.array([block.data for _, block in cut], pa.binary()),
        "block_left": pa.array([block.left for _, block in cut], pa.int32()),
        "block_top": pa.array([block.top for _, block in cut], pa.int32()),
        "orientation": pa.array([block.orientation for _, block in cut], pa.int32()),
        "mask_codec": [COCO_RLE] * len(cut),
        "mask": pa.array([window.mask.encode("ascii") for window, _ in cut], pa.binary()),
        "ignore": pa.array([window.ignore and window.ignore.encode("ascii") for window, _ in cut], pa.binary()),
        "spec": [spec_digest(spec)] * len(cut),
    }
    return conform(pa.table({field.name: columns[field.name] for field in fields(Crop)}), Crop)


def _rejects(plan: pa.Table, instances: pa.Table, refused: Sequence[tuple[WindowCut, ImageRefusedError]]) -> pa.Table:
    crops = plan.column("crop_id").take(pa.array([window.plan for window, _ in refused], pa.int64())).to_pylist()
    known = instances.select(["source", "source_ref"]).take(pa.array([window.instance for window, _ in refused], pa.int64()))
    reasons = [error.reason.value for _, error in refused]
    pairs = list(zip(crops, reasons, strict=True))
    columns = {
        "reject_id": [hashlib.sha256(f"{STAGE}/{crop}/{reason}".encode()).hexdigest() for crop, reason in pairs],
        "stage": [STAGE] * len(refused),
        "source": known.column("source").to_pylist(),
        "source_ref": known.column("source_ref").to_pylist(),
        "reason": reasons,
        "detail": [f"{error}; crop {crop}" for (_, error), crop in zip(refused, crops, strict=True)],
    }
    return conform(pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), Reject)
