"""Random changes to a training window: flip, zoom, light; drawn from a hash of crop and epoch, never from a state."""

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

TRIM = 0.06  # of a side, at either end: looser and tighter boxes
SHRINK = 0.2  # of the canvas, left free around the window
GAIN = 0.25  # contrast, either way
SHIFT = 0.12  # brightness of all channels, of the range
TINT = 0.05  # brightness of one channel, of the range


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to one crop in one epoch."""

    mirrored: bool
    trim_x: float  # share of the width taken off at the left and again at the right, so that the centre stays
    trim_y: float
    fill: float  # share of the canvas that the window takes
    gain: float
    shifts: tuple[float, float, float]  # red, green, blue; share of the range


def draw_change(seed: int, epoch: int, occurrence: int, crop_id: str) -> Change:
    """Draw the change of one crop; equal arguments give the equal change on every machine and in every order.

    Args:
        seed: Of the training run.
        epoch: From 0.
        occurrence: How often the crop came before in this epoch.
        crop_id: The crop's key.
    """
    words = hashlib.blake2b(f"{seed}/{epoch}/{occurrence}/{crop_id}".encode(), digest_size=36).digest()
    shares = np.frombuffer(words, "<u4") / 2.0**32
    shift = SHIFT * (2 * shares[5] - 1)
    return Change(
        mirrored=bool(shares[0] < 0.5),
        trim_x=float(TRIM * shares[1]),
        trim_y=float(TRIM * shares[2]),
        fill=float(1 - SHRINK * shares[3]),
        gain=float((1 + GAIN) ** (2 * shares[4] - 1)),
        shifts=(
            float(shift + TINT * (2 * shares[6] - 1)),
            float(shift + TINT * (2 * shares[7] - 1)),
            float(shift + TINT * (2 * shares[8] - 1)),
        ),
    )


def trimmed(change: Change, height: int, width: int) -> tuple[slice, slice]:
    """Return the rows and columns of a window that remain; at least the central pixel does.

    Args:
        change: Its trims are shares of a side.
        height: Of the window, in px.
        width: Of the window, in px.
    """
    off_y = min(int(change.trim_y * height), (height - 1) // 2)
    off_x = min(int(change.trim_x * width), (width - 1) // 2)
    return slice(off_y, height - off_y), slice(off_x, width - off_x)


def relit(change: Change, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return pixels with other contrast and brightness, through a table of each channel.

    Args:
        change: Its gain and the shift of each channel.
        pixels: (H, W, 3) uint8 RGB.
    """
    levels = np.arange(256, dtype=np.float32)[:, None]
    shifts = 255 * np.asarray(change.shifts, np.float32)
    table = np.clip(np.rint((levels - 128) * change.gain + 128 + shifts), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(pixels, table[None]), np.uint8)
