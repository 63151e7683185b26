"""How hard the demo world is: edge F of the filled box, the inscribed ellipse and GrabCut, by domain.

Run: python -m benchmarks.demo_difficulty [--images 60] [--tolerance 2]

A model of the demo should stand well above the box and the ellipse, and near or above GrabCut, which starts from the same box
and learns nothing. No training happens here; `centrepiece report` shows the trained model's scores.
"""

import argparse
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from demo.catalogue import DOMAINS
from demo.scenes import Scene, Thing
from demo.world import scenes
from evaluation.metrics.baselines import filled_box, inscribed_ellipse
from evaluation.metrics.edges import edge_precision_recall

Mask = npt.NDArray[np.bool_]
_SMALLEST = 16  # px of a box's shorter side; below it a crop is not planned
_PADDING = 0.2  # of the box, all in all


def crops(scene: Scene) -> Iterator[tuple[npt.NDArray[np.uint8], Mask, tuple[int, int, int, int]]]:
    """Yield the pixels, the mask and the box (in the crop's frame) of each thing of a scene."""
    for thing in scene.things:
        if not thing.is_crowd and min(thing.box[2:]) >= _SMALLEST:
            yield _crop(scene, thing)


def grab_cut(pixels: npt.NDArray[np.uint8], box: tuple[int, int, int, int]) -> Mask:
    """Segment what a box holds by its colours alone; the box itself where GrabCut finds nothing."""
    labels: Any = np.full(pixels.shape[:2], cv2.GC_BGD, np.uint8)
    x, y, width, height = box
    labels[y : y + height, x : x + width] = cv2.GC_PR_FGD
    if (labels == cv2.GC_PR_FGD).all():
        return np.ones(labels.shape, np.bool_)
    cv2.setRNGSeed(0)
    nothing: Any = None
    cv2.grabCut(np.ascontiguousarray(pixels[..., ::-1]), labels, nothing, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    found: Mask = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    return found if found.any() else filled_box(found.shape, box)


def _crop(scene: Scene, thing: Thing) -> tuple[npt.NDArray[np.uint8], Mask, tuple[int, int, int, int]]:
    x, y, width, height = thing.box
    across, down = round(width * _PADDING / 2) + 1, round(height * _PADDING / 2) + 1
    left, top = max(0, x - across), max(0, y - down)
    part = (slice(top, y + height + down), slice(left, x + width + across))
    return scene.pixels[part], thing.mask[part], (x - left, y - top, width, height)


def main() -> None:
    """Print one line a domain."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--tolerance", type=int, default=2)
    wanted = parser.parse_args()
    scores: dict[str, list[tuple[float, float, float]]] = {domain: [] for domain in DOMAINS}
    for scene in scenes(images=wanted.images):
        for pixels, mask, box in crops(scene):
            guesses = (filled_box(mask.shape, box), inscribed_ellipse(mask.shape, box), grab_cut(pixels, box))
            found = [edge_precision_recall(guess, mask, tolerance=wanted.tolerance).f for guess in guesses]
            scores[scene.domain].append((found[0], found[1], found[2]))
    print(f"edge F at {wanted.tolerance} px   instances    box  ellipse  GrabCut")
    for domain, rows in scores.items():
        box, ellipse, cut = np.mean(rows, axis=0)
        print(f"{domain:16s} {len(rows):11d}   {box:.3f}    {ellipse:.3f}    {cut:.3f}")


if __name__ == "__main__":
    main()
