"""Cuts masks and regions to the windows of planned crops.

Masks are cut from run lengths, all of a shard in one call of compiled code: only regions to ignore, which few images
have, are drawn, and only in the window.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from imaging.kernels import kernel
from imaging.masks.contours import outline_edges
from imaging.masks.masks import encode
from imaging.masks.rle import LONGEST, Runs, format_into, paint_runs, parse_counts, parse_into, total_of, window_into, window_runs
from imaging.orientation import Box
from jobs.columns import Whole
from jobs.crop.properties import crowding_of, thinness
from lake.dispositions import IGNORED, KEPT
from lake.errors import ContractError


@dataclass(frozen=True, slots=True)
class WindowCuts:
    """The planned crops of a shard without their pixels, one entry a row of the plan."""

    instances: Whole  # rows of `instances`
    visible: list[Box]  # what of the window lies on the image
    masks: list[bytes]  # counts in the visible part
    ignored: list[bytes | None]  # likewise; None where nothing is ignored
    crowding: Whole
    thinness: npt.NDArray[np.float64]
    negatives: Whole  # pixels of the visible part that are neither the instance's nor ignored


def cut_windows(plan: pa.Table, instances: pa.Table) -> WindowCuts:
    """Cut the masks of a shard's crops.

    Args:
        plan: Rows of `plan`, at least one, those of an image in a row.
        instances: Rows of `instances`: all kept and ignored ones of the plan's images, those of an image in a row.

    Raises:
        ContractError: An instance is missing, a window misses the image, or breaks the centre rule.
        MalformedMaskError: An instance's geometry describes no mask of its image.
    """
    rows = _rows_of(plan, instances)
    windows = whole_columns(plan, [f"window_{side}" for side in ("left", "top", "width", "height")])
    sizes = whole_columns(instances, ["image_height", "image_width"])
    boxes = whole_columns(instances, [f"box_{side}" for side in ("x", "y", "width", "height")])
    names = plan.column("instance_id").to_pylist()
    seen = _visible(windows, sizes[rows], names)
    visible = [Box(*part) for part in seen.tolist()]
    centres = windows[:, :2] + windows[:, 2:] // 2 - seen[:, :2]
    masks, owned, shapes = _cut(instances.column("geometry"), rows, sizes, boxes, seen, centres)
    strays = np.flatnonzero(np.array(plan.column("owns_centre")) & ~owned)
    if len(strays):
        stray = int(strays[0])
        raise ContractError(
            f"the centre of window {tuple(windows[stray].tolist())} does not belong to instance {names[stray]!r}; run balance again"
        )
    kinds, images = instances.column("disposition"), instances.column("image_id").to_numpy()
    crowding = _crowding(images, np.array(pc.equal(kinds, KEPT)), boxes)
    regions = _regions(instances.filter(pc.equal(kinds, IGNORED)))
    ignored = [
        _ignored(regions[image], mask, box, height) if image in regions else (None, 0)
        for image, mask, box, height in zip(images[rows].tolist(), masks, visible, sizes[rows, 0].tolist(), strict=True)
    ]
    negatives = seen[:, 2] * seen[:, 3] - shapes[:, 2] - np.array([pixels for _, pixels in ignored], np.int64)
    shape = thinness(shapes[:, 0], shapes[:, 1])
    return WindowCuts(rows, visible, masks, [counts for counts, _ in ignored], crowding[rows], shape, negatives)


def whole_columns(table: pa.Table, names: list[str]) -> Whole:
    """Return whole-numbered columns side by side: (rows, columns) int64."""
    return np.stack([table.column(name).to_numpy().astype(np.int64) for name in names], axis=1)


def _rows_of(plan: pa.Table, instances: pa.Table) -> Whole:
    """Find the instance of each crop, on the crop's own image."""
    found = pc.index_in(plan.column("instance_id"), instances.column("instance_id").combine_chunks())
    rows = np.array(pc.fill_null(found, -1), np.int64)
    same = rows >= 0
    same[same] = np.array(pc.equal(plan.column("image_id").filter(pa.array(same)), instances.column("image_id").take(pa.array(rows[same]))))
    if not same.all():
        name = plan.column("instance_id")[int(np.argmin(same))].as_py()
        raise ContractError(f"the plan names instance {name!r}, which `instances` does not hold; run balance again")
    return rows


def _visible(windows: Whole, sizes: Whole, names: list[str]) -> Whole:
    """Return what of each window lies on its image, like `imaging.crop_codec.visible_part`."""
    starts = np.maximum(windows[:, :2], 0)
    seen = np.concatenate([starts, np.minimum(windows[:, :2] + windows[:, 2:], sizes[:, ::-1]) - starts], axis=1)
    missed = np.flatnonzero((seen[:, 2:] < 1).any(axis=1))
    if len(missed):
        row = int(missed[0])
        raise ContractError(
            f"window {tuple(windows[row].tolist())} of instance {names[row]!r} misses its image of {sizes[row, 1]} x {sizes[row, 0]} px; "
            "run balance again"
        )
    return seen


def _cut(
    geometry: pa.ChunkedArray, rows: Whole, sizes: Whole, boxes: Whole, visible: Whole, centres: Whole
) -> tuple[list[bytes], npt.NDArray[np.bool_], Whole]:
    """Return each crop's mask, whether its central pixel is in it, and area and outline of the whole instance beside its area there."""
    counts = pa.concat_arrays(geometry.chunks)
    _, offsets, characters = counts.buffers()
    starts = np.frombuffer(offsets, np.int32)[counts.offset : counts.offset + len(counts) + 1].astype(np.int64)
    lengths = np.diff(starts)
    runs, cut = (np.empty(int(lengths.max()) + 2, np.int64) for _ in range(2))
    texts = np.empty(LONGEST * int((lengths[rows] + 2).sum()), np.uint8)
    ends, shapes, owned = np.empty(len(rows), np.int64), np.empty((len(rows), 3), np.int64), np.empty(len(rows), np.bool_)
    given = np.frombuffer(characters, np.uint8), starts, rows, sizes, boxes, visible, centres
    done = cut_masks(*given, runs, cut, texts, ends, shapes, owned)
    if done < len(rows):
        row = rows[done]
        parse_counts(counts[row].as_py(), *sizes[row].tolist())  # raises, and says why
    text, begins = texts[: ends[-1]].tobytes(), [0, *ends[:-1].tolist()]
    return [text[begin:end] for begin, end in zip(begins, ends.tolist(), strict=True)], owned, shapes


@kernel
def cut_masks(
    characters: npt.NDArray[np.uint8],
    starts: Whole,
    rows: Whole,
    sizes: Whole,
    boxes: Whole,
    visible: Whole,
    centres: Whole,
    runs: Runs,
    cut: Runs,
    texts: npt.NDArray[np.uint8],
    ends: Whole,
    shapes: Whole,
    owned: npt.NDArray[np.bool_],
) -> int:
    """Cut the masks of many crops.

    Args:
        characters: (C,) uint8, the counts of all instances, one behind the other.
        starts: (I + 1,) int64, where each instance's counts begin.
        rows: (N,) int64, the instance of each crop.
        sizes: (I, 2) int64, height and width of each instance's image, in px.
        boxes: (I, 4) int64, in px, of each instance: left, top, width, height.
        visible: (N, 4) int64, of each crop, likewise.
        centres: (N, 2) int64, x and y of each window's central pixel in the visible part; it may lie outside.
        runs: (R,) int64, room for an instance's runs.
        cut: (R,) int64, room for a window's runs.
        texts: (T,) uint8, filled with the counts of the crops, one behind the other.
        ends: (N,) int64, filled with where each crop's counts end.
        shapes: (N, 3) int64, filled with area and outline edges of each crop's instance, and its area in the visible part.
        owned: (N,) bool, filled with whether the central pixel is in the mask.

    Returns:
        The number of crops, or the first whose instance's counts describe no mask of its image.
    """
    at = 0
    for crop in range(len(rows)):
        row = rows[crop]
        height = sizes[row, 0]
        count = parse_into(characters[starts[row] : starts[row + 1]], runs)
        if count < 0 or total_of(runs[:count]) != height * sizes[row, 1]:
            return crop
        found = window_into(runs[:count], height, boxes[row, 0], boxes[row, 1], boxes[row, 2], boxes[row, 3], cut)
        shapes[crop, 1] = outline_edges(cut[:found], boxes[row, 3])
        shapes[crop, 0] = 0
        for index in range(1, found, 2):
            shapes[crop, 0] += cut[index]
        wide, high = visible[crop, 2], visible[crop, 3]
        found = window_into(runs[:count], height, visible[crop, 0], visible[crop, 1], wide, high, cut)
        shapes[crop, 2] = 0
        for index in range(1, found, 2):
            shapes[crop, 2] += cut[index]
        x, y = centres[crop, 0], centres[crop, 1]
        owned[crop] = 0 <= x < wide and 0 <= y < high and _holds(cut[:found], x * high + y)
        at += format_into(cut[:found], texts[at:])
        ends[crop] = at
    return len(rows)


@kernel
def _holds(runs: Runs, position: int) -> bool:
    end = 0
    for index in range(len(runs)):
        end += runs[index]
        if position < end:
            return index & 1 == 1
    return False


def _crowding(images: npt.NDArray[np.object_], kept: npt.NDArray[np.bool_], boxes: Whole) -> Whole:
    crowding = np.zeros(len(images), np.int64)
    limits = np.flatnonzero(images[1:] != images[:-1]) + 1
    for begin, end in zip([0, *limits.tolist()], [*limits.tolist(), len(images)], strict=True):
        inside = kept[begin:end]
        crowding[begin:end][inside] = crowding_of(boxes[begin:end][inside])
    return crowding


def _regions(ignored: pa.Table) -> dict[str, list[Runs]]:
    """Return the runs of the regions to ignore, by image."""
    regions: dict[str, list[Runs]] = {}
    for row in ignored.select(["image_id", "geometry", "image_height", "image_width"]).to_pylist():
        regions.setdefault(row["image_id"], []).append(parse_counts(row["geometry"], row["image_height"], row["image_width"]))
    return regions


def _ignored(regions: list[Runs], mask: bytes, visible: Box, height: int) -> tuple[bytes | None, int]:
    """Join the regions to ignore in a window, without the instance's own pixels, which are known; and count their pixels."""
    cut = [inside for inside in (window_runs(region, height, *visible) for region in regions) if len(inside) > 1]
    if not cut:
        return None, 0
    own = parse_counts(mask.decode("ascii"), visible.height, visible.width)
    inner, *drawn = (paint_runs(inside, visible.height, visible.width) for inside in (own, *cut))
    joined = np.logical_or.reduce(drawn) & ~inner
    return (encode(joined).encode("ascii"), int(joined.sum())) if joined.any() else (None, 0)
