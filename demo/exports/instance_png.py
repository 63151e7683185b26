"""Shots in, label maps that tell instances apart out: class * 1000 + instance, in 16 bits or as R + 256 G + 65536 B.

Source: the coding of Cityscapes' instanceIds (github.com/mcordts/cityscapesScripts).
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from demo.camera import png
from demo.customers import Customer
from demo.exports.label_png import class_list, class_numbers
from demo.scenes import Scene
from demo.shots import Shot, with_images_in

DIVISOR = 1000


def write_instance_png(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `classes.json`, `images/` and `labels/`; 16-bit gray and RGB-coded maps take turns.

    Returns:
        The folder of label maps.
    """
    labels = folder / "labels"
    labels.mkdir(parents=True, exist_ok=True)
    (folder / "classes.json").write_text(json.dumps(instance_class_list(customer), indent=1) + "\n", encoding="utf-8")
    for place, shot in enumerate(with_images_in(folder / "images", taken)):
        codes = instance_codes(shot.scene, customer)
        if place % 2:
            data = png(np.stack([(codes >> shift) & 255 for shift in (0, 8, 16)], axis=-1).astype(np.uint8))
        else:
            data = cv2.imencode(".png", codes.astype(np.uint16))[1].tobytes()
        (labels / f"{shot.scene.name}.png").write_bytes(data)
    return labels


def instance_class_list(customer: Customer) -> dict[str, Any]:
    """Return the content of `classes.json`: numbers from 1 on, since 0 * `DIVISOR` + 7 would read as class 7."""
    document = class_list(customer)
    classes = [{**entry, "id": entry["id"] + 1} for entry in document["classes"]]
    return {**document, "classes": classes, "ignore_index": document["ignore_index"] + 1, "instance_divisor": DIVISOR}


def instance_codes(scene: Scene, customer: Customer) -> npt.NDArray[np.uint32]:
    """Return (H, W): the class where it is stuff, else class * `DIVISOR` + the thing's number, from 1 on."""
    codes = class_numbers(scene, customer, slivers=True).astype(np.uint32) + np.uint32(1)
    things = scene.numbers > 0
    codes[things] = codes[things] * DIVISOR + scene.numbers[things]
    return codes
