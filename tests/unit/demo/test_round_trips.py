"""Every format: the world is written, read back by the format's own reader, and every mask is what it was."""

import hashlib
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from demo.customers import CUSTOMERS
from demo.exports.formats import FORMATS, ExportFormat
from demo.shots import Shot
from imaging.masks.masks import decode
from tests.support.factories import tiny_shots
from tests.support.plain_ingest import Ingested, plain_ingest, source_of

IMAGES = 30
Masks = dict[str, list[tuple[str, bytes]]]  # image_id -> label and packed mask of each object


@pytest.fixture(scope="module")
def world() -> list[Shot]:
    return tiny_shots(images=IMAGES, long_side=170)


def packed(mask: np.ndarray) -> bytes:
    return np.packbits(mask).tobytes()


def written_and_read(found: ExportFormat, folder: Path, taken: list[Shot], place: int) -> Ingested:
    customer = CUSTOMERS[place]
    annotations = found.write(folder / "export", customer, taken)
    stanza = {
        "annotations": str(annotations),
        "images": str(folder / "export" / found.images) if found.images else None,
        "classes": str(folder / "export" / found.classes) if found.classes else None,
    }
    return plain_ingest(folder / "store", source_of("demo", format=found.format, scene="partial", **stanza))


def read_masks(ingested: Ingested, labels: set[str]) -> Masks:
    masks: Masks = {}
    for row in ingested.annotations:
        if row["label"] in labels and not row["is_void"]:
            mask = decode(row["geometry"], row["image_height"], row["image_width"])
            masks.setdefault(row["image_id"], []).append((row["label"], packed(mask)))
    return {image: sorted(found) for image, found in masks.items()}


def true_masks(found: ExportFormat, taken: list[Shot], place: int) -> Masks:
    masks: Masks = {}
    for shot in taken:
        things = [thing for thing in shot.scene.things if found.crowds or not thing.is_crowd]
        image = hashlib.sha256(shot.photograph.data).hexdigest()
        labelled = [(found.label or CUSTOMERS[place].labels[thing.kind], thing.mask) for thing in things]
        if not found.instances:
            labelled = [(label, part) for label, part in connected(labelled) if part.sum() >= 5e-4 * part.size]
        if labelled:
            masks[image] = sorted((label, packed(mask)) for label, mask in labelled)
    return masks


def connected(labelled: list[tuple[str, np.ndarray]]) -> list[tuple[str, np.ndarray]]:
    parts = []
    for label in sorted({label for label, _ in labelled}):
        mask = np.any([mask for other, mask in labelled if other == label], axis=0).astype(np.uint8)
        count, regions = cv2.connectedComponents(mask, connectivity=8)
        parts += [(label, regions == number) for number in range(1, count)]
    return parts


@pytest.mark.parametrize("place", range(len(CUSTOMERS)), ids=[customer.name for customer in CUSTOMERS])
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_mask_comes_back_pixel_for_pixel(world: list[Shot], tmp_path: Path, name: str, place: int) -> None:
    taken = [shot for shot in world if shot.scene.domain == CUSTOMERS[place].domain]
    found = FORMATS[name]
    ingested = written_and_read(found, tmp_path, taken, place)
    assert ingested.reasons() == {}
    assert {row["image_id"] for row in ingested.images} == {hashlib.sha256(shot.photograph.data).hexdigest() for shot in taken}
    assert read_masks(ingested, {found.label} if found.label else set(CUSTOMERS[place].labels.values())) == true_masks(found, taken, place)


@pytest.mark.parametrize("name", sorted(name for name, found in FORMATS.items() if found.crowds and found.format.startswith("coco")))
def test_crowds_come_back_as_crowds(world: list[Shot], tmp_path: Path, name: str) -> None:
    taken = [shot for shot in world if any(thing.is_crowd for thing in shot.scene.things)]
    assert taken
    ingested = written_and_read(FORMATS[name], tmp_path, taken, 0)
    crowds = Counter(row["image_id"] for row in ingested.annotations if row["is_crowd"])
    assert sorted(crowds.values()) == [1] * len(taken)


def test_the_world_exercises_what_formats_differ_in(world: list[Shot]) -> None:
    """Holes, several parts, turned and gray images: otherwise the round trips would prove little."""
    from demo.exports.corners import outlines

    traced = [outlines(thing.mask) for shot in world for thing in shot.scene.things]
    assert sum(len(holes) > 0 for _, holes in traced) > 10
    assert sum(len(outer) > 1 for outer, _ in traced) > 10
    assert sum(len(outer) > 1 and len(holes) > 0 for outer, holes in traced) > 3
    assert {shot.photograph.orientation for shot in world} > {1}
    assert {shot.photograph.kind for shot in world} >= {"jpeg", "progressive", "png"}


def test_things_that_touch_are_told_apart_only_where_the_format_can(world: list[Shot]) -> None:
    assert [name for name, found in FORMATS.items() if not found.instances] == ["label-png"]
