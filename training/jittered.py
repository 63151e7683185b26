"""The pixels that a model would have been shown for another box than the crop's, from the crop or from its image."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from imaging.crop_codec import open_crop, visible_part
from imaging.images import ImageRefusedError, Pixels, decode_image, read_header
from imaging.jitter import JITTERS, jittered_window
from imaging.orientation import Box
from imaging.source_images import read_source
from lake.configuration import JitterName
from lake.lake import Lake

ImageReader = Callable[[str], Pixels]
"""Reads an image by its id: (H, W, 3) uint8 RGB in the displayed frame."""

_KEPT_IMAGES = 2
"""Crops of one image stand together, so few decoded images need to be kept."""


def shown_window(crop: Mapping[str, Any], jitter: JitterName | None) -> Box:
    """Return what the model is shown of a crop, in the frame of the crop's window; it may overhang it."""
    window = _window(crop)
    if jitter is None:
        return Box(0, 0, window.width, window.height)
    box = Box(crop["box_x"], crop["box_y"], crop["box_width"], crop["box_height"])
    return jittered_window(window, box, JITTERS[jitter], crop["crop_id"])


def shown_pixels(crop: Mapping[str, Any], shown: Box, image: ImageReader) -> Pixels:
    """Return the pixels of a window in a crop's frame; what overhangs the image is black, as in training.

    Args:
        crop: One row of `crops`.
        shown: From `shown_window`.
        image: Asked only where the window overhangs the crop's and the image goes on there.
    """
    window = _window(crop)
    wanted = Box(window.left + shown.left, window.top + shown.top, shown.width, shown.height)
    visible = visible_part(wanted, crop["image_width"], crop["image_height"])
    pixels = np.zeros((shown.height, shown.width, 3), np.uint8)
    if _holds(window, visible):
        whole, origin = open_crop(crop).pixels, window
    else:
        whole, origin = image(crop["image_id"]), Box(0, 0, crop["image_width"], crop["image_height"])
    top, left = visible.top - wanted.top, visible.left - wanted.left
    from_top, from_left = visible.top - origin.top, visible.left - origin.left
    pixels[top : top + visible.height, left : left + visible.width] = whole[
        from_top : from_top + visible.height, from_left : from_left + visible.width
    ]
    return pixels


def in_window(probability: npt.NDArray[np.uint8], shown: Box, height: int, width: int) -> npt.NDArray[np.uint8]:
    """Return a shown window's map as a map of the crop's window: zero where the model was shown nothing.

    Args:
        probability: (h, w) uint8, of the window that was shown.
        shown: That window, in the frame of the crop's window.
        height: Of the crop's window, in px.
        width: Of the crop's window, in px.

    Returns:
        (height, width) uint8.
    """
    whole = np.zeros((height, width), np.uint8)
    top, left = max(shown.top, 0), max(shown.left, 0)
    bottom, right = min(shown.top + shown.height, height), min(shown.left + shown.width, width)
    if top < bottom and left < right:
        whole[top:bottom, left:right] = probability[top - shown.top : bottom - shown.top, left - shown.left : right - shown.left]
    return whole


def image_reader(lake: Lake, jitter: JitterName | None) -> ImageReader:
    """Return what reads and decodes the images of a lake, from wherever they were ingested.

    Raises:
        ImageRefusedError: When asked for an image that has gone or changed since.
    """
    locations: dict[str, list[str]] = {}

    @lru_cache(maxsize=_KEPT_IMAGES)
    def image(image_id: str) -> Pixels:
        if not locations:
            locations.update(_locations(lake.read("images", columns=["image_id", "uri"]).to_pylist()))
        try:
            data = read_source(locations.get(image_id, []), image_id)
        except ImageRefusedError as error:
            raise ImageRefusedError(
                error.reason, f"jitter {jitter!r} needs the image: {error}; or leave it out of evaluation.jitters"
            ) from error
        return decode_image(data, read_header(data))

    return image


def _locations(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["image_id"], []).append(row["uri"])
    return found


def _window(crop: Mapping[str, Any]) -> Box:
    return Box(crop["window_left"], crop["window_top"], crop["window_width"], crop["window_height"])


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and inner.left + inner.width <= outer.left + outer.width
        and inner.top + inner.height <= outer.top + outer.height
    )
