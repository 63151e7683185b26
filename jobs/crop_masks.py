"""The planned crops and the labelled objects of one image in, what of masks and regions lies in each window out.

Masks are cut from run lengths: only regions to ignore, which few images have, are drawn, and only in the window.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.crop_facts import crowding_of, thinness
from lake.crop_pixels import visible_part
from lake.errors import ContractError
from lake.masks import encode
from lake.orientation import Box
from lake.outlines import outline_edges
from lake.runs import Runs, format_counts, holds_pixel, paint_runs, parse_counts, window_runs

KEPT, IGNORED = "kept", "ignored"


@dataclass(frozen=True, slots=True)
class WindowCut:
    """One planned crop without its pixels."""

    plan: int  # row
    instance: int  # row
    visible: Box  # what of the window lies on the image
    mask: str  # counts in the visible part
    ignore: str | None  # likewise; None where nothing is ignored
    crowding: int
    thinness: float


@dataclass(frozen=True, slots=True)
class PlanRows:
    """The columns of a shard's `plan` that masks are cut by."""

    images: list[str]
    crops: list[str]
    instances: list[str]
    windows: list[list[int]]  # left, top, width, height
    owned: list[bool]


@dataclass(frozen=True, slots=True)
class ObjectRows:
    """The columns of a shard's `instances` that masks are cut by."""

    images: npt.NDArray[np.object_]
    instances: list[str]
    uris: list[str]
    geometry: list[str]
    kept: npt.NDArray[np.bool_]
    ignored: list[bool]
    boxes: npt.NDArray[np.int64]  # (N, 4): x, y, width, height
    sizes: list[list[int]]  # height, width of the image


def plan_rows(plan: pa.Table) -> PlanRows:
    """Take the columns out of a table."""
    images, crops, instances = (plan.column(name).to_pylist() for name in ("image_id", "crop_id", "instance_id"))
    windows = _numbers(plan, [f"window_{side}" for side in ("left", "top", "width", "height")])
    return PlanRows(images, crops, instances, windows.tolist(), plan.column("owns_centre").to_pylist())


def object_rows(instances: pa.Table) -> ObjectRows:
    """Take the columns out of a table."""
    images = np.asarray(instances.column("image_id").to_numpy(), np.object_)
    names, uris, geometry = (instances.column(name).to_pylist() for name in ("instance_id", "uri", "geometry"))
    kinds = instances.column("disposition").to_pylist()
    kept, ignored = np.array([kind == KEPT for kind in kinds], bool), [kind == IGNORED for kind in kinds]
    boxes = _numbers(instances, [f"box_{side}" for side in ("x", "y", "width", "height")])
    sizes = _numbers(instances, ["image_height", "image_width"]).tolist()
    return ObjectRows(images, names, uris, geometry, kept, ignored, boxes, sizes)


def cut_windows(plan: PlanRows, objects: ObjectRows, crops: range, rows: range) -> Iterator[WindowCut]:
    """Cut the masks of one image's crops.

    Args:
        plan: Of the shard.
        objects: Of the shard: all kept and ignored ones.
        crops: The rows of `plan` on the image.
        rows: The rows of `objects` on the image.

    Raises:
        ContractError: An instance is missing, a window misses the image, or breaks the centre rule.
    """
    places = {objects.instances[row]: row for row in rows}
    if missing := [plan.instances[crop] for crop in crops if plan.instances[crop] not in places]:
        raise ContractError(f"the plan names instance {missing[0]!r}, which `instances` does not hold; run balance again")
    height, width = objects.sizes[rows[0]]
    crowding = np.zeros(len(rows), np.int64)
    kept = objects.kept[rows.start : rows.stop]
    crowding[kept] = crowding_of(objects.boxes[rows.start : rows.stop][kept])
    ignored = [parse_counts(objects.geometry[row], height, width) for row in rows if objects.ignored[row]]
    known: dict[int, tuple[Runs, float]] = {}
    for crop in crops:
        name, window = plan.instances[crop], Box(*plan.windows[crop])
        row = places[name]
        if row not in known:
            runs = parse_counts(objects.geometry[row], height, width)
            known[row] = runs, _thinness(runs, height, objects.boxes[row].tolist())
        runs, thin = known[row]
        visible = _visible(window, width, height, name)
        inside = window_runs(runs, height, *visible)
        if plan.owned[crop] and not _owns_centre(window, visible, inside):
            raise ContractError(f"the centre of window {tuple(window)} does not belong to instance {name!r}; run balance again")
        regions = _ignored(ignored, inside, height, visible)
        yield WindowCut(crop, row, visible, format_counts(inside), regions, int(crowding[row - rows.start]), thin)


def _numbers(table: pa.Table, names: list[str]) -> npt.NDArray[np.int64]:
    return np.stack([table.column(name).to_numpy().astype(np.int64) for name in names], axis=1)


def _thinness(runs: Runs, height: int, box: list[int]) -> float:
    inside = window_runs(runs, height, *box)
    return thinness(int(inside[1::2].sum()), int(outline_edges(inside, box[3])))


def _visible(window: Box, width: int, height: int, instance: str) -> Box:
    try:
        return visible_part(window, width, height)
    except ValueError as error:
        raise ContractError(f"the plan's window of instance {instance!r} misses its image: {error}; run balance again") from None


def _owns_centre(window: Box, visible: Box, inside: Runs) -> bool:
    x, y = window.left + window.width // 2 - visible.left, window.top + window.height // 2 - visible.top
    return 0 <= x < visible.width and 0 <= y < visible.height and holds_pixel(inside, visible.height, x, y)


def _ignored(regions: list[Runs], mask: Runs, height: int, visible: Box) -> str | None:
    """Join the regions to ignore in a window, without the instance's own pixels, which are known."""
    cut = [inside for inside in (window_runs(region, height, *visible) for region in regions) if len(inside) > 1]
    if not cut:
        return None
    own, *drawn = (paint_runs(inside, visible.height, visible.width) for inside in (mask, *cut))
    joined = np.logical_or.reduce(drawn) & ~own
    return encode(joined) if joined.any() else None
