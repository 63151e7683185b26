"""Writes label maps that tell instances apart: class * 1000 + instance, in 16 bits or as R + 256 G + 65536 B.

Source: the coding of Cityscapes' instanceIds (github.com/mcordts/cityscapesScripts).
"""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from demo.customers import Customer
from demo.exports.label_png import class_list, class_numbers
from demo.exports.packed import as_rgb, write_json, write_png
from demo.scenes import Scene
from demo.shots import Shot, with_images_in

_DIVISOR = 1000


def write_instance_png(folder: Path, customer: Customer, taken: Iterable[Shot]) -> Path:
    """Write `images/`, `classes.json` and `labels/`; 16-bit gray and RGB-coded maps take turns.

    Classes are numbered from 1 on, since 0 * 1000 + 7 would read as class 7.
    """
    document = class_list(customer)
    classes = [{**entry, "id": entry["id"] + 1} for entry in document["classes"]]
    changes = {"classes": classes, "ignore_index": document["ignore_index"] + 1, "instance_divisor": _DIVISOR}
    write_json(folder / "classes.json", {**document, **changes}, indent=1)
    for number, shot in enumerate(with_images_in(folder / "images", taken)):
        codes, path = _codes(shot.scene, customer), folder / "labels" / f"{shot.scene.name}.png"
        if number % 2:
            write_png(path, as_rgb(codes))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(cv2.imencode(".png", codes.astype(np.uint16))[1].tobytes())
    return folder / "labels"


def _codes(scene: Scene, customer: Customer) -> npt.NDArray[np.uint32]:
    """Return (H, W): the class where it is stuff, else class * 1000 + the thing's number, from 1 on."""
    codes = class_numbers(scene, customer, slivers=True).astype(np.uint32) + np.uint32(1)
    return np.where(scene.numbers > 0, codes * np.uint32(_DIVISOR) + scene.numbers, codes)
