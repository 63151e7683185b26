"""EXIF orientation: pixels and boxes between the stored and the displayed frame.

An orientation is a transposition of the stored pixels (5 to 8), then a mirroring of columns, of rows, or of both.

Source: EXIF 2.32, section 4.6.4, tag 0x0112.
"""

import struct
from typing import Any, NamedTuple

import numpy.typing as npt

_MIRRORED_COLUMNS = frozenset({2, 3, 6, 7})
_MIRRORED_ROWS = frozenset({3, 4, 7, 8})
_TAG = 0x0112
_SHORT, _LONG = 3, 4


class Box(NamedTuple):
    """A rectangle in px: left, top, width, height."""

    left: int
    top: int
    width: int
    height: int


def is_turned(orientation: int) -> bool:
    """Say whether the displayed image has the stored image's height as its width.

    Args:
        orientation: EXIF orientation, 1 to 8.
    """
    return orientation >= 5


def orient(pixels: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Turn stored pixels into the displayed frame.

    Args:
        pixels: (H, W) or (H, W, C), as stored.
        orientation: EXIF orientation, 1 to 8.

    Returns:
        A view in the displayed frame.
    """
    if is_turned(orientation):
        pixels = pixels.swapaxes(0, 1)
    if orientation in _MIRRORED_COLUMNS:
        pixels = pixels[:, ::-1]
    if orientation in _MIRRORED_ROWS:
        pixels = pixels[::-1]
    return pixels


def stored_box(box: Box, width: int, height: int, orientation: int) -> Box:
    """Return where a box of the displayed image lies in the stored one.

    Args:
        box: In the displayed frame.
        width: Of the displayed image, in px.
        height: Of the displayed image, in px.
        orientation: EXIF orientation, 1 to 8.
    """
    if orientation == 1:
        return box
    left = width - box.left - box.width if orientation in _MIRRORED_COLUMNS else box.left
    top = height - box.top - box.height if orientation in _MIRRORED_ROWS else box.top
    if is_turned(orientation):
        return Box(top, left, box.height, box.width)
    return Box(left, top, box.width, box.height)


def displayed_box(box: Box, width: int, height: int, orientation: int) -> Box:
    """Return where a box of the stored image lies in the displayed one.

    Args:
        box: In px of the stored frame.
        width: Of the displayed image, in px.
        height: Of the displayed image, in px.
        orientation: EXIF orientation, 1 to 8.
    """
    if orientation == 1:
        return box
    left, top, wide, high = (box.top, box.left, box.height, box.width) if is_turned(orientation) else box
    if orientation in _MIRRORED_COLUMNS:
        left = width - left - wide
    if orientation in _MIRRORED_ROWS:
        top = height - top - high
    return Box(left, top, wide, high)


def exif_orientation(exif: bytes) -> int:
    """Read the orientation out of a TIFF-structured EXIF block; 1 where there is none or it is no orientation.

    Args:
        exif: The block from its byte-order mark on; it may be cut off or corrupt.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 8:
        return 1
    (start,) = struct.unpack_from(order + "I", exif, 4)
    if start + 2 > len(exif):
        return 1
    (entries,) = struct.unpack_from(order + "H", exif, start)
    for position in range(start + 2, min(start + 2 + 12 * entries, len(exif) - 11), 12):
        tag, kind, count = struct.unpack_from(order + "HHI", exif, position)
        if tag == _TAG and kind in (_SHORT, _LONG) and count == 1:
            (value,) = struct.unpack_from(order + ("H" if kind == _SHORT else "I"), exif, position + 8)
            return int(value) if 1 <= value <= 8 else 1
    return 1
