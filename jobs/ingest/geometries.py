"""Rasterises the geometries of an export over their displayed images, many at once, or says why one gives no mask."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import pyarrow as pa

from imaging.images import ImageHeader
from imaging.masks.masks import bitmap_runs, decode, encode, union
from imaging.masks.polygon_rle import MALFORMED, polygons_to_runs
from imaging.masks.properties import describe_runs
from imaging.masks.rle import MalformedMaskError, Mask, Runs, check_runs, format_counts, paint_runs, parse_counts
from imaging.orientation import orient
from jobs.ingest.image_files import frame_size
from jobs.sources.records import Bitmap, Geometry, ImageSize, Parts, Polygons, Rings, RunLengths
from lake.errors import InputError
from lake.reasons import Reason


class GeometryRefusedError(InputError):
    """A geometry gives no mask on its image; `reason` says why, from the closed list."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PlacedGeometry:
    """A geometry in the frame of its export, with the header of its image; `exif` names the frame."""

    geometry: Geometry
    header: ImageHeader
    exif: str

    @property
    def size(self) -> ImageSize:
        """Of the image, in the frame of the export."""
        return frame_size(self.header, self.exif)


@dataclass(frozen=True, slots=True)
class MaskBatch:
    """Masks of a batch: (N,) COCO compressed counts, (N, 8) properties in the order of `imaging.masks.properties.PROPERTIES`.

    `refused` holds, by index in the batch, why a geometry has no mask; its counts and properties mean nothing.
    """

    counts: pa.StringArray
    properties: Runs
    refused: dict[int, GeometryRefusedError]


def displayed_masks(batch: Sequence[PlacedGeometry]) -> MaskBatch:
    """Rasterise geometries and describe their masks; polygons equal pycocotools bit for bit.

    Args:
        batch: N geometries, each in the frame of its export.
    """
    runs, refused = _displayed_runs(batch)
    offsets = np.cumsum([0, *(found.size for found in runs)])
    heights = np.array([placed.header.height for placed in batch], np.int64)
    properties, text, ends = describe_runs(np.concatenate([*runs, np.empty(0, np.int64)]), offsets, heights)
    for index in np.flatnonzero(properties[:, 4] == 0).tolist():
        if index not in refused:
            refused[index] = GeometryRefusedError(*_why_empty(batch[index].geometry, batch[index].size))
    counts = pa.StringArray.from_buffers(len(batch), pa.py_buffer(ends), pa.py_buffer(text))
    return MaskBatch(counts, properties, refused)


def _displayed_runs(batch: Sequence[PlacedGeometry]) -> tuple[list[Runs], dict[int, GeometryRefusedError]]:
    """Return the runs of each geometry over its displayed image, none where it is refused; and by index why it is."""
    refused: dict[int, GeometryRefusedError] = {}
    runs: list[Runs] = [np.empty(0, np.int64)] * len(batch)
    polygons = [index for index, placed in enumerate(batch) if isinstance(placed.geometry, Polygons)]
    for index, found in zip(polygons, _polygon_runs([batch[index] for index in polygons]), strict=True):
        if found is None:
            refused[index] = GeometryRefusedError(Reason.MALFORMED_GEOMETRY, _OUTLINE)
        else:
            runs[index] = found
    for index, placed in enumerate(batch):
        try:
            if not isinstance(placed.geometry, Polygons):
                runs[index] = _other_runs(placed.geometry, placed.size)
            if placed.exif == "stored" and placed.header.orientation != 1 and index not in refused:
                runs[index] = _turned(runs[index], placed)
        except MalformedMaskError as error:
            refused[index] = GeometryRefusedError(Reason.MALFORMED_GEOMETRY, str(error))
        except GeometryRefusedError as error:
            refused[index] = error
    return runs, refused


_OUTLINE = "expected polygons of finite points, at least 3 each, whose outline is of a bounded length"


def _polygon_runs(batch: Sequence[PlacedGeometry]) -> Iterable[Runs | None]:
    points, rings, objects = array("d"), array("q", [0]), array("q", [0])
    for placed in batch:
        if isinstance(placed.geometry, Polygons):
            for ring in placed.geometry.rings:
                points.extend(ring)
                rings.append(len(points))
        objects.append(len(rings) - 1)
    sizes = [placed.size for placed in batch]
    found, offsets, status = polygons_to_runs(
        np.array(points, np.float64),
        np.array(rings, np.int64),
        np.array(objects, np.int64),
        np.array([size.height for size in sizes], np.int64),
        np.array([size.width for size in sizes], np.int64),
    )
    spans = pairwise(offsets.tolist())
    return [None if state == MALFORMED else found[begin:end] for (begin, end), state in zip(spans, status, strict=True)]


def _other_runs(geometry: Geometry, size: ImageSize) -> Runs:
    match geometry:
        case RunLengths(counts, height, width):
            if (height, width) != (size.height, size.width):
                raise GeometryRefusedError(
                    Reason.SIZE_MISMATCH, f"a mask of {width} x {height} px on an image of {size.width} x {size.height}"
                )
            if isinstance(counts, str):
                return parse_counts(counts, height, width)
            return check_runs(np.fromiter(counts, np.int64, len(counts)), height, width)
        case Bitmap(mask, left, top):
            return bitmap_runs(mask, left, top, size.height, size.width)
        case Polygons(rings):
            return _one_outline(rings, size)
        case Rings(rings):
            painted = np.zeros((size.height, size.width), bool)
            for ring in rings:
                painted ^= paint_runs(_one_outline([ring], size), size.height, size.width)
            return bitmap_runs(painted, 0, 0, size.height, size.width)
        case Parts(parts, holes):
            joined = _joined(parts, size)
            if not holes:
                return parse_counts(joined, size.height, size.width)
            solid = decode(joined, size.height, size.width)
            gaps = decode(_joined(holes, size), size.height, size.width)
            return bitmap_runs(solid & ~gaps, 0, 0, size.height, size.width)


def _one_outline(rings: Sequence[Sequence[float]], size: ImageSize) -> Runs:
    header = ImageHeader("", "", size.width, size.height, 1)
    (found,) = _polygon_runs([PlacedGeometry(Polygons(rings), header, "display")])
    if found is None:
        raise GeometryRefusedError(Reason.MALFORMED_GEOMETRY, _OUTLINE)
    return found


def _joined(parts: Sequence[Geometry], size: ImageSize) -> str:
    masks = [format_counts(_canonical(_other_runs(part, size))) for part in parts]
    return union(masks, size.height, size.width)


def _canonical(runs: Runs) -> Runs:
    """Leave out runs of no length but the first, joining their neighbours."""
    _, text, _ = describe_runs(runs, np.array([0, runs.size]), np.array([1]))
    return parse_counts(bytes(text).decode("ascii"), 1, int(runs.sum()))


def _turned(runs: Runs, placed: PlacedGeometry) -> Runs:
    """Turn a mask of the stored frame into the displayed one."""
    stored: Mask = paint_runs(runs, placed.size.height, placed.size.width)
    seen = np.ascontiguousarray(orient(stored, placed.header.orientation))
    return parse_counts(encode(seen), placed.header.height, placed.header.width)


def _why_empty(geometry: Geometry, size: ImageSize) -> tuple[Reason, str]:
    match geometry:
        case Polygons(rings) | Rings(rings):
            corners = np.array(list(chain.from_iterable(rings)), np.float64).reshape(-1, 2)
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
            if right <= 0 or bottom <= 0 or left >= size.width or top >= size.height:
                return Reason.OUT_OF_BOUNDS, "every point lies outside the image"
            return Reason.ZERO_AREA, "the polygons cover no pixel"
        case Bitmap(mask) if mask.any():
            return Reason.OUT_OF_BOUNDS, "the bitmap lies outside the image"
    return Reason.EMPTY_GEOMETRY, "the mask has no pixel"
