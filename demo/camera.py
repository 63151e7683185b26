"""Makes a photograph of a rendered frame: light falling off, lens blur, sensor noise, and the file it is saved as."""

import struct
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from demo import textures
from imaging.images import Pixels

FileKind = Literal["jpeg", "progressive", "gray", "png"]
_TURNS = {1: 0, 3: 2, 6: 1, 8: 3}  # EXIF orientation: quarter turns, anti-clockwise, from displayed to stored


@dataclass(frozen=True, slots=True)
class Photograph:
    """One image file: its bytes, its extension and the EXIF orientation that it carries (1: none)."""

    data: bytes
    extension: str
    orientation: int
    kind: FileKind


def expose(frame: npt.NDArray[np.float32], rng: Generator) -> Pixels:
    """Return what a camera makes of a frame.

    Args:
        frame: (H, W, 3) float32 RGB, 0 to 255; overwritten.
        rng: Chooses exposure, tint, blur and noise.
    """
    height, width = frame.shape[:2]
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    slope = rng.uniform(-0.14, 0.14, 2)
    falloff = ((1 + slope[0] * x + slope[1] * y) * (1 - rng.uniform(0.02, 0.16) * (x * x + y * y))).astype(np.float32)
    gain = rng.uniform(0.86, 1.12) * (1 + rng.uniform(-0.035, 0.035, 3))
    frame *= falloff[..., None]
    cv2.GaussianBlur(frame, (0, 0), float(rng.uniform(0.4, 0.75)), dst=frame)
    frame *= gain.astype(np.float32)
    frame += np.float32(rng.uniform(1.5, 5.0)) * textures.sensor_noise(rng, height, width)
    return np.clip(frame, 0, 255, out=frame).astype(np.uint8)


def save(pixels: Pixels, rng: Generator) -> Photograph:
    """Encode an image as what a folder of real images holds: mostly baseline JPEG, now and then something else.

    Args:
        pixels: (H, W, 3) uint8 RGB in the displayed frame.
        rng: Chooses format, quality and orientation.
    """
    draw = float(rng.random())
    kind: FileKind = "png" if draw < 0.08 else "gray" if draw < 0.12 else "progressive" if draw < 0.22 else "jpeg"
    orientation = int(rng.choice([3, 6, 8])) if kind in ("jpeg", "progressive") and rng.random() < 0.12 else 1
    turned = np.rot90(pixels, _TURNS[orientation])
    stored: Any = cv2.cvtColor(np.ascontiguousarray(turned), cv2.COLOR_RGB2GRAY if kind == "gray" else cv2.COLOR_RGB2BGR)
    if kind == "png":
        return Photograph(_encoded(".png", stored, [cv2.IMWRITE_PNG_COMPRESSION, 3]), ".png", 1, kind)
    quality = int(np.clip(rng.normal(90, 2.5), 82, 97))
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_PROGRESSIVE, int(kind == "progressive")]
    settings += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    data = _encoded(".jpg", stored, settings)
    return Photograph(data if orientation == 1 else with_orientation(data, orientation), ".jpg", orientation, kind)


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """Return the JPEG with an EXIF block that holds the orientation alone.

    Source: Exif 2.32, 4.6 (TIFF header, one IFD of one entry: tag 0x0112, SHORT) in an APP1 segment.
    """
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def png(pixels: Pixels) -> bytes:
    """Encode (H, W, 3) uint8 RGB, or (H, W) uint8 gray, as PNG."""
    ordered: Any = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    return _encoded(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, 6])


def _encoded(extension: str, pixels: Any, settings: list[int]) -> bytes:
    done, data = cv2.imencode(extension, pixels, settings)
    if not done:
        raise ValueError(f"OpenCV could not encode a {extension} of shape {pixels.shape}")
    return data.tobytes()
