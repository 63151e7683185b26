"""Crafted images of every kind through the stage itself: the right pixels, or a typed reject; nothing else."""

import ctypes
import hashlib
import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageOps

from imaging.crop_codec import open_crop
from imaging.images import ImageHeader, ImageRefusedError, read_header
from imaging.jpeg import turbo as libjpeg
from imaging.jpeg.header import EOI, SOI, parse_jpeg
from imaging.masks.masks import encode
from lake.contracts import Instance, PlannedCrop
from lake.schemas import table_of
from tests.support.crop_worlds import CropWorld, crop_pipeline, described, planned, publish_world
from tests.support.stages import crop

HEIGHT, WIDTH = 75, 101
MODES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    *(("L", kind, {}) for kind in ("JPEG", "PNG", "BMP", "TIFF")),
    *(("CMYK", kind, {}) for kind in ("JPEG", "TIFF")),
    *(("P", kind, {}) for kind in ("PNG", "GIF", "BMP")),
    *(("RGBA", kind, {}) for kind in ("PNG", "WEBP", "TIFF")),
    ("LA", "PNG", {}),
    ("1", "PNG", {}),
    ("RGB", "JPEG", {"progressive": True}),
    ("L", "JPEG", {"progressive": True}),
    ("CMYK", "JPEG", {"progressive": True}),
    ("RGB", "JPEG", {"quality": 100, "subsampling": 0, "optimize": True}),
    ("RGB", "JPEG", {"restart_marker_blocks": 5}),
    ("RGB", "WEBP", {"lossless": True}),
    ("RGB", "WEBP", {"quality": 60}),
)


def scene(seed: int) -> Image.Image:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    waves = [90 * np.sin(rows / (9 + seed % 5) + channel) * np.cos(columns / 8) + 128 for channel in range(3)]
    noise = np.random.default_rng(seed).normal(0, 10, (HEIGHT, WIDTH, 3))
    return Image.fromarray((np.stack(waves, axis=2) + noise).clip(0, 255).astype(np.uint8))


def saved(image: Image.Image, kind: str, orientation: int = 1, **options: Any) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    image.save(file, kind, exif=exif, **options)
    return file.getvalue()


def sound() -> Iterator[tuple[str, bytes]]:
    """Images whose pixels must come out."""
    for number, (mode, kind, options) in enumerate(MODES):
        yield f"{mode} {kind} {options}", saved(scene(number).convert(mode), kind, **options)
    for orientation in range(1, 9):
        for kind, options in (("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
            yield f"turned {orientation} {kind} {options}", saved(scene(orientation), kind, orientation, **options)
    for factors in ("411", "440"):
        sampling = getattr(cv2, f"IMWRITE_JPEG_SAMPLING_FACTOR_{factors}")
        options = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
        yield f"JPEG {factors}", cv2.imencode(".jpg", np.asarray(scene(4)), options)[1].tobytes()
    yield "JPEG, arithmetic coding", arithmetic(scene(5))
    yield "JPEG, a scan a component", scan_a_component(scene(6))
    yield "16 bit", saved(Image.fromarray(deep()), "PNG")
    yield "16 bit, colours", cv2.imencode(".png", np.stack([deep()] * 3, axis=2))[1].tobytes()
    yield "JPEG with bytes behind its end", saved(scene(3), "JPEG") + b"a camera's own"


def arithmetic(image: Image.Image) -> bytes:
    """Encode with arithmetic coding, which no library but libjpeg-turbo itself writes."""
    library, pixels = libjpeg._library(), np.asarray(image)
    buffer, size = ctypes.c_void_p(), ctypes.c_size_t()
    with libjpeg._handle(0) as handle:
        for parameter, value in ((3, 90), (4, 0), (14, 1)):  # quality, no subsampling, arithmetic coding
            library.tj3Set(handle, parameter, value)
        target = ctypes.byref(buffer), ctypes.byref(size)
        assert not library.tj3Compress8(handle, pixels.ctypes.data, WIDTH, 3 * WIDTH, HEIGHT, 0, *target)
        data = ctypes.string_at(buffer, size.value)
        library.tj3Free(buffer)
    assert parse_jpeg(data).frame == 0xC9
    return data


def scan_a_component(image: Image.Image) -> bytes:
    """Join three gray files, which share their tables, to one sequential file whose components are not interleaved."""
    planes = [saved(plane, "JPEG") for plane in image.convert("YCbCr").split()]
    headers = [parse_jpeg(plane) for plane in planes]
    first = planes[0]
    before = b"".join(first[part.start - 4 : part.end] for part in headers[0].segments if part.marker in (0xE0, 0xDB, 0xC4))
    frame = struct.pack(">HHBHHB", 0xFFC0, 17, 8, HEIGHT, WIDTH, 3) + bytes([1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])
    scans = [
        struct.pack(">HHBBBBBB", 0xFFDA, 8, 1, number, 0, 0, 63, 0) + plane[header.scan : -2]
        for number, (plane, header) in enumerate(zip(planes, headers, strict=True), start=1)
    ]
    return b"".join((SOI, before, frame, *scans, EOI))


def deep() -> npt.NDArray[np.uint16]:
    return np.random.default_rng(6).integers(0, 1 << 16, (HEIGHT, WIDTH), np.uint16)


def unsound() -> Iterator[tuple[str, bytes]]:
    """Files that cannot give the right pixels."""
    for kind, options in (("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("BMP", {}), ("TIFF", {})):
        data = saved(scene(1), kind, **options)
        yield f"cut off {kind} {options}", data[: len(data) // 2]
    yield "end of a JPEG file alone is missing", saved(scene(2), "JPEG")[:-2]
    yield "text", b"<html>not found</html>"
    yield "nothing", b""
    yield "real numbers", saved(Image.fromarray(np.ones((HEIGHT, WIDTH), np.float32)), "TIFF")
    yield "a bomb", saved(Image.new("1", (40_000, 20_000)), "PNG")


def oracle(data: bytes) -> npt.NDArray[np.uint8]:
    image = Image.open(io.BytesIO(data))
    if image.mode.startswith("I"):
        return np.repeat((np.asarray(image) >> 8).astype(np.uint8)[:, :, None], 3, axis=2)
    return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def header_of(data: bytes) -> ImageHeader:
    try:
        return read_header(data)
    except ImageRefusedError:
        return ImageHeader("jpeg", "RGB", WIDTH, HEIGHT, 1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[CropWorld, dict[str, str]]:
    """One image a kind, all called .jpg, with one object and two crops each; and the kinds by image id."""
    folder = tmp_path_factory.mktemp("kinds")
    files, names, instances, plan = {}, {}, [], []
    for number, (name, data) in enumerate([*sound(), *unsound()]):
        path = folder / f"{number}.jpg"
        path.write_bytes(data)
        image_id = hashlib.sha256(data).hexdigest()
        files[image_id], names[image_id] = path, name
        header = header_of(data)
        mask = np.zeros((header.height, header.width), bool)
        mask[header.height // 3 : header.height // 2, header.width // 4 : header.width // 2] = True
        instances.append(described(encode(mask), header, path, image_id, 0))
        plan += planned(np.random.default_rng(number), instances[-1])
    return CropWorld(files, table_of(Instance, instances), table_of(PlannedCrop, plan)), names


def test_every_kind_gives_the_right_pixels_or_a_typed_reject(world: tuple[CropWorld, dict[str, str]], tmp_path: Path) -> None:
    pictures, names = world
    pipeline = crop_pipeline(tmp_path)
    lake = publish_world(pipeline, pictures)
    report = crop(pipeline)
    bad = [name for name, _ in unsound()]
    assert dict(report.rejected) == {"unreadable-source": 2 * len(bad)}
    crops = lake.read("crops").to_pylist()
    assert sorted(names[row["image_id"]] for row in crops) == sorted([name for name, _ in sound()] * 2)
    for row in crops:
        whole = oracle(pictures.files[row["image_id"]].read_bytes())
        left, top = row["window_left"], row["window_top"]
        found = open_crop(row)
        inside = found.pixels[max(-top, 0) :, max(-left, 0) :]
        expected = whole[max(top, 0) : top + row["window_height"], max(left, 0) : left + row["window_width"]]
        assert np.array_equal(inside[: expected.shape[0], : expected.shape[1]], expected), names[row["image_id"]]
        assert row["pixel_codec"] == ("jpeg-block" if "JPEG" in names[row["image_id"]] and "CMYK" not in names[row["image_id"]] else "png")
