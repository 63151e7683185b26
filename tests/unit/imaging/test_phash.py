"""What `imaging.phash` takes for alike, on real images and on drawn ones."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from imaging.phash import grey_hash, image_hash

Pixels = npt.NDArray[np.uint8]


def _encoded(pixels: Pixels, kind: str, *settings: int) -> str | None:
    data = cv2.imencode(kind, pixels, list(settings))[1].tobytes()
    return image_hash(data, width=pixels.shape[1], height=pixels.shape[0])


def _apart(first: str | None, second: str | None) -> int:
    assert first is not None and second is not None
    return (int(first, 16) ^ int(second, 16)).bit_count()


def _textured(seed: int, height: int = 300, width: int = 400) -> Pixels:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 12)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def test_copies_that_were_encoded_or_resized_again_stay_within_six_bits(data_folder: Path) -> None:
    paths = sorted((data_folder / "coco").rglob("*.jpg"))[:25]
    for path in paths:
        pixels = np.asarray(cv2.imread(str(path)), np.uint8)
        own = image_hash(path.read_bytes(), width=pixels.shape[1], height=pixels.shape[0])
        smaller = np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        larger = np.asarray(cv2.resize(pixels, None, fx=1.7, fy=1.7), np.uint8)
        copies = [
            _encoded(pixels, ".png"),
            _encoded(pixels, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 30),
            _encoded(smaller, ".jpg"),
            _encoded(larger, ".jpg"),
        ]
        assert max(_apart(own, copy) for copy in copies) <= 6, path.name


def test_different_images_are_far_apart(data_folder: Path) -> None:
    paths = sorted((data_folder / "coco").rglob("*.jpg"))[:60]
    hashes = {image_hash(path.read_bytes(), width=640, height=480) for path in paths}
    distinct = sorted(value for value in hashes if value is not None)
    assert len(distinct) > 40
    assert min(_apart(a, b) for at, a in enumerate(distinct) for b in distinct[:at]) >= 16


def test_the_hash_of_a_known_image_never_changes() -> None:
    rows, columns = np.arange(40)[:, None], np.arange(60)[None, :]
    waves = (3 * rows * rows + 5 * columns * columns // 4 + rows * columns) // 29 % 251
    assert grey_hash(waves.astype(np.uint8)) == "5d952ad6a5ca3449"


def test_a_flat_image_has_no_hash() -> None:
    assert grey_hash(np.full((50, 60), 127, np.uint8)) is None
    assert grey_hash(_textured(1) // 100) is None


def test_what_is_no_image_has_no_hash() -> None:
    assert image_hash(b"no image", width=10, height=10) is None
    assert image_hash(b"", width=10, height=10) is None


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (7, 5), (31, 33)])
def test_an_image_smaller_than_the_grid_has_a_hash(shape: tuple[int, int]) -> None:
    pixels = np.arange(shape[0] * shape[1], dtype=np.int64).reshape(shape) * 255 // (shape[0] * shape[1])
    value = grey_hash(pixels.astype(np.uint8))
    assert value is not None
    assert len(value) == 16


def test_a_mirrored_or_turned_image_is_another_one() -> None:
    pixels = _textured(2)
    own = grey_hash(pixels)
    assert _apart(own, grey_hash(np.ascontiguousarray(pixels[:, ::-1]))) > 10
    assert _apart(own, grey_hash(np.ascontiguousarray(np.rot90(pixels)))) > 10
