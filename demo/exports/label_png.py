"""Writes full-scene label PNGs and `classes.json`: one class number a pixel, no instances."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from demo.catalogue import STUFF
from demo.customers import Customer
from demo.exports.packed import write_json, write_png
from demo.scenes import Scene
from demo.shots import Shot, with_images_in
from imaging.masks.rle import Mask

_SLIVER = 5e-4  # of the image's area


def write_label_png(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `images/`, `classes.json` and `labels/`, where a label file has the stem of its image.

    Touching things of one class become one region, and a thing in several parts several: the format knows no instances.
    Slivers of a thing are left void.
    """
    write_json(folder / "classes.json", class_list(customer), indent=1)
    for shot in with_images_in(folder / "images", taken):
        write_png(folder / "labels" / f"{shot.scene.name}.png", class_numbers(shot.scene, customer))
    return folder / "labels"


def class_list(customer: Customer) -> dict[str, Any]:
    """Return the content of `classes.json`: stuff first, then things, then void."""
    named = [(label, "stuff") for label in customer.stuff.values()] + [(label, "thing") for label in customer.labels.values()]
    named.append(("Unlabelled", "void"))
    classes = [{"id": number, "name": name, "rgb": _colour(number, kind), "kind": kind} for number, (name, kind) in enumerate(named)]
    return {"source": f"{customer.name}, {customer.domain}", "ignore_index": len(named) - 1, "classes": classes}


def class_numbers(scene: Scene, customer: Customer, *, slivers: bool = False) -> npt.NDArray[np.uint8]:
    """Return the label image: (H, W) numbers of `class_list`, void where the customer labels nothing.

    Args:
        scene: What is labelled.
        customer: Whose classes.
        slivers: Whether slivers of things keep their class instead of becoming void.
    """
    stuff = list(customer.stuff)
    void = len(stuff) + len(customer.labels)
    of_stuff = np.array([stuff.index(name) if name in stuff else void for name in STUFF], np.uint8)
    numbers = scene.by_pixel({thing.number: len(stuff) + customer.index(thing.kind) for thing in scene.things}, of_stuff, void)
    for number in () if slivers else range(len(stuff), void):
        numbers[_slivers(numbers == number)] = void
    return numbers


def _slivers(mask: Mask) -> Mask:
    """What no annotator would label: small regions of a class, such as what is seen of a car through a wheel's spokes."""
    if not mask.any():
        return mask
    _, regions, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    small = statistics[:, cv2.CC_STAT_AREA] < _SLIVER * mask.size
    small[0] = False
    return np.asarray(small[regions], np.bool_)


def _colour(number: int, kind: str) -> list[int]:
    return [0, 0, 0] if kind == "void" else [(number * 83 + 40) % 256, (number * 151 + 90) % 256, (number * 47 + 150) % 256]
