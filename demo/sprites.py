"""Renders figures as sprites: an object's shaded pixels and its coverage, at the size and turn it has in a scene."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from demo import textures
from demo.outlines import Figure, FigurePart, Points
from demo.textures import Field

_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates


@dataclass(frozen=True, slots=True)
class Pose:
    """How a figure stands in a scene; `light` is the unit vector towards the light, x right and y down."""

    height: float  # px
    turn: float = 0.0  # radians, clockwise
    mirrored: bool = False
    light: tuple[float, float] = (-0.6, -0.8)


@dataclass(frozen=True, slots=True)
class Sprite:
    """An object ready to be laid on a frame.

    `pixels` is (h, w, 3) float32 RGB, 0 to 255; `coverage` is (h, w) float32, 0 to 1; `feet` is the point, in the
    sprite's frame, where the middle of the figure's base lies.
    """

    pixels: Field
    coverage: Field
    feet: tuple[float, float]


def render_sprite(figure: Figure, pose: Pose, rng: Generator) -> Sprite:
    """Draw a figure, anti-aliased, with texture, shading by its parts' relief, and highlights."""
    factor = 4 if pose.height < 90 else 2
    placed = [_place(part.ring, figure, pose) for part in figure.parts]
    left, top, width, height = _frame(placed, figure, pose)
    index = np.zeros((height * factor, width * factor), np.uint8)
    origin = np.array([left, top])
    for number, (part, ring) in enumerate(zip(figure.parts, placed, strict=True), start=1):
        _draw(index, part, (ring - origin) * factor, number if part.paint else 0, pose.height * factor)
    pixels, coverage = _colours(index, figure, (width, height))
    nearest = index[factor // 2 :: factor, factor // 2 :: factor]
    feet = _place(np.array([[figure.width / 2, 1.0]]), figure, pose)[0] - origin
    return Sprite(_shaded(pixels, nearest, figure, pose, rng), coverage, (float(feet[0]), float(feet[1])))


def _place(points: Points, figure: Figure, pose: Pose) -> Points:
    centred = (points - np.array([figure.width / 2, 0.5])) * pose.height
    if pose.mirrored:
        centred = centred * np.array([-1.0, 1.0])
    c, s = np.cos(pose.turn), np.sin(pose.turn)
    return np.asarray(centred @ np.array([[c, s], [-s, c]]), np.float64)


def _frame(placed: list[Points], figure: Figure, pose: Pose) -> tuple[int, int, int, int]:
    lows, highs = [], []
    for part, ring in zip(figure.parts, placed, strict=True):
        margin = part.stroke * pose.height / 2 + 2
        lows.append(ring.min(axis=0) - margin)
        highs.append(ring.max(axis=0) + margin)
    left, top = np.floor(np.min(lows, axis=0)).astype(int)
    right, bottom = np.ceil(np.max(highs, axis=0)).astype(int)
    return int(left), int(top), int(right - left), int(bottom - top)


def _draw(index: npt.NDArray[np.uint8], part: FigurePart, ring: Points, value: int, scale: float) -> None:
    fixed = [np.round((ring - 0.5) * (1 << _SHIFT)).astype(np.int32).reshape(-1, 1, 2)]
    if part.stroke:
        thickness = max(1, round(part.stroke * scale))
        cv2.polylines(index, fixed, part.closed, value, thickness=thickness, shift=_SHIFT)
    else:
        cv2.fillPoly(index, fixed, value, shift=_SHIFT)


def _colours(index: npt.NDArray[np.uint8], figure: Figure, size: tuple[int, int]) -> tuple[Field, Field]:
    palette = np.zeros((len(figure.parts) + 1, 3), np.uint8)
    for number, part in enumerate(figure.parts, start=1):
        if part.paint:
            palette[number] = part.paint.colour
    full = np.zeros((256, 1, 3), np.uint8)
    full[: len(palette), 0] = palette
    colour = cv2.resize(cv2.LUT(cv2.merge([index, index, index]), full), size, interpolation=cv2.INTER_AREA).astype(np.float32)
    solid = np.where(index > 0, np.uint8(255), np.uint8(0))
    coverage = cv2.resize(solid, size, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
    return np.asarray(colour / np.maximum(coverage, np.float32(1 / 255))[..., None], np.float32), coverage


def _shaded(pixels: Field, index: npt.NDArray[np.uint8], figure: Figure, pose: Pose, rng: Generator) -> Field:
    height, width = index.shape
    grain, shine = (np.zeros(len(figure.parts) + 1, np.float32) for _ in range(2))
    for number, part in enumerate(figure.parts, start=1):
        if part.paint:
            grain[number], shine[number] = part.paint.grain, part.paint.shine
    surface = 1 + grain[index] * (textures.rough(rng, height, width, strength=1.0) - 1)
    for kind in sorted({part.paint.pattern for part in figure.parts if part.paint} - {"plain"}):
        wearing = [n for n, part in enumerate(figure.parts, start=1) if part.paint and part.paint.pattern == kind]
        surface = np.where(np.isin(index, wearing), surface * textures.pattern(kind, rng, height, width), surface)
    facing = _relief(index, pose)
    across = np.linspace(0.12, -0.12, width, dtype=np.float32)[None, :] * np.float32(-pose.light[0])
    down = np.linspace(0.16, -0.2, height, dtype=np.float32)[:, None]
    lit = surface * (1 + 0.34 * facing + across + down)
    gleam = shine[index] * np.clip(facing - 0.35, 0, 1) * np.float32(190)
    return np.asarray(np.clip(pixels * lit[..., None] + gleam[..., None], 0, 255), np.float32)


def _relief(index: npt.NDArray[np.uint8], pose: Pose) -> Field:
    """How far each pixel of a bulging part faces the light: about -1 to 1."""
    inner = index.copy()
    inner[1:] *= index[1:] == index[:-1]
    inner[:, 1:] *= index[:, 1:] == index[:, :-1]
    reach = max(3.0, pose.height / 12)
    distance = cv2.distanceTransform((inner > 0).astype(np.uint8), cv2.DIST_L2, 3)
    height = np.sqrt(np.minimum(distance, np.float32(reach)) * np.float32(reach))
    smooth = cv2.GaussianBlur(height, (0, 0), max(0.8, reach / 6))
    slope_x, slope_y = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)
    facing = -(slope_x * np.float32(pose.light[0]) + slope_y * np.float32(pose.light[1]))
    return np.clip(facing, -1, 1).astype(np.float32)
