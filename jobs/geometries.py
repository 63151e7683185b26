"""An export's geometry in, COCO compressed counts over the displayed image out, or the reason why there are none."""

from collections.abc import Sequence

import numpy as np

from jobs.sources.records import Bitmap, Geometry, ImageSize, Parts, Polygons, Rings, RunLengths
from lake.errors import InputError
from lake.images import ImageHeader
from lake.masks import MaskFacts, decode, encode, mask_facts, polygons_to_counts, uncompressed_to_counts, union
from lake.orientation import orient
from lake.reasons import Reason
from lake.runs import MalformedMaskError, Mask


class GeometryRefusedError(InputError):
    """A geometry gives no mask on its image; `reason` says why, from the closed list."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def displayed_mask(geometry: Geometry, size: ImageSize, header: ImageHeader, exif: str) -> tuple[str, MaskFacts]:
    """Rasterise a geometry and describe the mask.

    Args:
        geometry: In the frame of the export.
        size: Of the image in that frame.
        header: Of the image's file.
        exif: "stored" where the export's frame lacks the EXIF orientation, else "display".

    Returns:
        COCO compressed counts over the displayed image, and what the mask is like; it has at least one pixel.

    Raises:
        GeometryRefusedError: The geometry is malformed, of another size, empty, or leaves the image whole.
    """
    try:
        counts = _counts(geometry, size)
        if exif == "stored" and header.orientation != 1:
            counts = encode(np.ascontiguousarray(orient(decode(counts, size.height, size.width), header.orientation)))
        facts = mask_facts(counts, header.height, header.width)
    except MalformedMaskError as error:
        raise GeometryRefusedError(Reason.MALFORMED_GEOMETRY, str(error)) from None
    if not facts.area:
        raise GeometryRefusedError(*_why_empty(geometry, size))
    return counts, facts


def _counts(geometry: Geometry, size: ImageSize) -> str:
    match geometry:
        case Polygons(rings):
            return polygons_to_counts(rings, size.height, size.width)
        case RunLengths(counts, height, width):
            if (height, width) != (size.height, size.width):
                raise GeometryRefusedError(
                    Reason.SIZE_MISMATCH, f"a mask of {width} x {height} px on an image of {size.width} x {size.height}"
                )
            return counts if isinstance(counts, str) else uncompressed_to_counts(counts, height, width)
        case Bitmap(mask, left, top):
            return encode(_place(mask, left, top, size))
        case Rings(rings):
            return encode(_even_odd(rings, size))
        case Parts(parts, holes):
            joined = union([_counts(part, size) for part in parts], size.height, size.width)
            if not holes:
                return joined
            gaps = union([_counts(hole, size) for hole in holes], size.height, size.width)
            return encode(decode(joined, size.height, size.width) & ~decode(gaps, size.height, size.width))


def _place(mask: Mask, left: int, top: int, size: ImageSize) -> Mask:
    """Lay a bitmap onto an empty image; what overhangs is cut off."""
    if mask.shape == (size.height, size.width) and left == top == 0:
        return mask
    whole = np.zeros((size.height, size.width), bool)
    x, y = max(left, 0), max(top, 0)
    right, bottom = min(left + mask.shape[1], size.width), min(top + mask.shape[0], size.height)
    if x < right and y < bottom:
        whole[y:bottom, x:right] = mask[y - top : bottom - top, x - left : right - left]
    return whole


def _even_odd(rings: Sequence[Sequence[float]], size: ImageSize) -> Mask:
    mask = np.zeros((size.height, size.width), bool)
    for ring in rings:
        mask ^= decode(polygons_to_counts([ring], size.height, size.width), size.height, size.width)
    return mask


def _why_empty(geometry: Geometry, size: ImageSize) -> tuple[Reason, str]:
    match geometry:
        case Polygons(rings) | Rings(rings):
            corners = np.concatenate([np.asarray(ring, np.float64).reshape(-1, 2) for ring in rings])
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
            if right <= 0 or bottom <= 0 or left >= size.width or top >= size.height:
                return Reason.OUT_OF_BOUNDS, "every point lies outside the image"
            return Reason.ZERO_AREA, "the polygons cover no pixel"
        case Bitmap(mask) if mask.any():
            return Reason.OUT_OF_BOUNDS, "the bitmap lies outside the image"
    return Reason.EMPTY_GEOMETRY, "the mask has no pixel"
