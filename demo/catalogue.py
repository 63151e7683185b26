"""The classes of the demo world: how large each is, how it stands in each domain, and in what colours it comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from demo.outlines import Colour

Domain = Literal["everyday", "driving", "retail"]
Stance = Literal["stand", "lie", "hang"]
DOMAINS: tuple[Domain, ...] = ("everyday", "driving", "retail")


HUES: tuple[Colour, ...] = (
    (196, 44, 40), (226, 122, 38), (232, 196, 60), (70, 140, 66), (34, 112, 120), (48, 92, 170), (98, 66, 140),
    (190, 84, 120), (240, 238, 232), (52, 52, 58), (140, 96, 62), (128, 170, 200), (150, 156, 160),
)  # fmt: skip
_FURS: tuple[Colour, ...] = (
    (206, 128, 62), (96, 70, 50), (54, 50, 50), (236, 228, 214), (150, 146, 142), (190, 160, 118),
)  # fmt: skip
_SCALES: tuple[Colour, ...] = ((120, 148, 168), (176, 190, 196), (214, 120, 84), (92, 116, 96), (200, 170, 90))
_SIGNALS: tuple[Colour, ...] = ((44, 48, 44), (220, 164, 40), (58, 84, 66))
_TIMBERS: tuple[Colour, ...] = ((190, 128, 62), (120, 66, 36), (214, 168, 96), (60, 36, 28), (168, 48, 36))


@dataclass(frozen=True, slots=True)
class ThingKind:
    """One class of thing; its shape is the figure of its name in `figures.yaml`.

    `height` is metres in the street, a share of the image's height in rooms, and of the space between two boards in
    shops; `weight` is how often the class comes up beside the others of its domain; `hues` are the colours that it has.
    """

    height: float
    stance: Stance = "stand"
    weight: float = 1.0
    hues: tuple[Colour, ...] = HUES
    patterned: bool = True


_EVERYDAY = {
    "chair": ThingKind(0.5, weight=1.4),
    "mug": ThingKind(0.17, weight=1.3),
    "scissors": ThingKind(0.26, "lie"),
    "key": ThingKind(0.2, "lie", patterned=False),
    "lamp": ThingKind(0.4),
    "umbrella": ThingKind(0.42, weight=0.6),
    "teapot": ThingKind(0.19),
    "cat": ThingKind(0.32, hues=_FURS),
    "guitar": ThingKind(0.55, weight=0.7, hues=_TIMBERS, patterned=False),
    "plant": ThingKind(0.42),
    "bottle": ThingKind(0.27, weight=0.8),
    "bicycle": ThingKind(0.42, weight=0.7),
    "person": ThingKind(0.72, weight=1.2),
}
_DRIVING = {
    "car": ThingKind(1.5, weight=3.0, patterned=False),
    "truck": ThingKind(2.8, weight=0.8, patterned=False),
    "bus": ThingKind(2.9, weight=0.6),
    "bicycle": ThingKind(1.15, weight=1.2),
    "person": ThingKind(1.75, weight=2.4),
    "traffic_light": ThingKind(3.0, hues=_SIGNALS, patterned=False),
    "traffic_sign": ThingKind(2.2, weight=1.1),
    "cone": ThingKind(0.8),
    "dog": ThingKind(0.7, weight=0.8, hues=_FURS, patterned=False),
    "hydrant": ThingKind(0.85, weight=0.6, patterned=False),
}
_RETAIL = {
    "bottle": ThingKind(0.86, weight=2.2),
    "mug": ThingKind(0.46),
    "wine_glass": ThingKind(0.74),
    "basket": ThingKind(0.62),
    "pineapple": ThingKind(0.8),
    "shoe": ThingKind(0.4),
    "banana": ThingKind(0.4, "lie", weight=1.2),
    "fish": ThingKind(0.34, "lie", hues=_SCALES),
    "pizza": ThingKind(0.7, "lie"),
    "shirt": ThingKind(0.75, "hang"),
    "hanger": ThingKind(0.36, "hang"),
    "teapot": ThingKind(0.5, weight=0.6),
}
THING_KINDS: Mapping[Domain, Mapping[str, ThingKind]] = MappingProxyType({"everyday": _EVERYDAY, "driving": _DRIVING, "retail": _RETAIL})
"""Every class of thing by domain; some live in two."""

THINGS: tuple[str, ...] = tuple(sorted({name for kinds in THING_KINDS.values() for name in kinds}))
"""All classes of things, in the order of the alphabet."""

STUFF: tuple[str, ...] = ("void", "sky", "building", "road", "pavement", "vegetation", "pole", "wall", "floor", "shelf", "counter")
"""Backgrounds, by their number in `Scene.stuff`; number 0 is void: left unlabelled by every customer."""
