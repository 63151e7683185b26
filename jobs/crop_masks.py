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


def cut_windows(plan: pa.Table, instances: pa.Table, plan_start: int, instance_start: int) -> Iterator[WindowCut]:
    """Cut the masks of one image's crops.

    Args:
        plan: Rows of `plan`, of one image.
        instances: Rows of `instances` of that image: all kept and ignored ones.
        plan_start: Row of the first crop in the shard.
        instance_start: Row of the first instance in the shard.

    Raises:
        ContractError: An instance is missing, a window misses the image, or breaks the centre rule.
    """
    rows = {name: row for row, name in enumerate(instances.column("instance_id").to_pylist())}
    geometry, dispositions = (instances.column(name).to_pylist() for name in ("geometry", "disposition"))
    height, width = (instances.column(f"image_{side}")[0].as_py() if rows else 0 for side in ("height", "width"))
    boxes = _boxes(instances, "box", ("x", "y", "width", "height"))
    crowding = _crowding(boxes, dispositions)
    ignored = [parse_counts(one, height, width) for one, kind in zip(geometry, dispositions, strict=True) if kind == IGNORED]
    windows = _boxes(plan, "window", ("left", "top", "width", "height")).tolist()
    planned = zip(plan.column("instance_id").to_pylist(), windows, plan.column("owns_centre").to_pylist(), strict=True)
    known: dict[int, tuple[Runs, float]] = {}
    for number, (name, sides, owned) in enumerate(planned):
        row, window = rows.get(name, -1), Box(*sides)
        if row < 0:
            raise ContractError(f"the plan names instance {name!r}, which `instances` does not hold; run balance again")
        if row not in known:
            runs = parse_counts(geometry[row], height, width)
            known[row] = runs, _thinness(runs, height, boxes[row].tolist())
        runs, thin = known[row]
        visible = _visible(window, width, height, name)
        inside = window_runs(runs, height, *visible)
        if owned and not _owns_centre(window, visible, inside):
            raise ContractError(f"the centre of window {tuple(window)} does not belong to instance {name!r}; run balance again")
        regions = _ignored(ignored, inside, height, visible)
        yield WindowCut(plan_start + number, instance_start + row, visible, format_counts(inside), regions, int(crowding[row]), thin)


def _boxes(table: pa.Table, name: str, sides: tuple[str, ...]) -> npt.NDArray[np.int64]:
    return np.stack([table.column(f"{name}_{side}").to_numpy().astype(np.int64) for side in sides], axis=1)


def _crowding(boxes: npt.NDArray[np.int64], dispositions: list[str]) -> npt.NDArray[np.int64]:
    kept = np.array([one == KEPT for one in dispositions], bool)
    met = np.zeros(len(boxes), np.int64)
    met[kept] = crowding_of(boxes[kept])
    return met


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
