"""Crops by copied codes decode to the pixels of libjpeg-turbo's own crops, whatever the source, and never beyond it."""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from imaging.jpeg.crop import DamagedJpegError, NoEntropyCropError, baseline_crop, check_scan, entropy_crop
from imaging.jpeg.header import MalformedJpegError, parse_jpeg
from imaging.jpeg.huffman import huffman_tables
from imaging.jpeg.turbo import JpegRefusedError, crop_jpeg, decode_jpeg
from imaging.orientation import Box
from jobs.crop.blocks import mcu_block

KINDS: dict[str, dict[str, Any]] = {
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "4:2:0": {"subsampling": 2},
    "high quality": {"quality": 100, "subsampling": 0},
    "low quality": {"quality": 3},
    "tables of its own": {"optimize": True, "quality": 60},
}
LEFT_TO_THE_TRANSFORM: dict[str, dict[str, Any]] = {
    "progressive": {"progressive": True},
    "restart markers": {"restart_marker_blocks": 3},
}


def photograph(height: int = 131, width: int = 187, mode: str = "RGB", seed: int = 1, **options: Any) -> bytes:
    rows, columns = np.mgrid[:height, :width]
    waves = [90 * np.sin(rows / 11 + seed) + 128, 90 * np.cos(columns / 7) + 128, (rows * columns / 40) % 255]
    noise = np.random.default_rng(seed).normal(0, 12, (height, width, 3))
    file = io.BytesIO()
    Image.fromarray((np.stack(waves, axis=2) + noise).clip(0, 255).astype(np.uint8)).convert(mode).save(file, "JPEG", **options)
    return file.getvalue()


def random_boxes(height: int, width: int, count: int, seed: int = 0) -> list[Box]:
    random = np.random.default_rng(seed)
    boxes = []
    for _ in range(count):
        wide, high = int(random.integers(1, width + 1)), int(random.integers(1, height + 1))
        boxes.append(Box(int(random.integers(width - wide + 1)), int(random.integers(height - high + 1)), wide, high))
    return boxes


def check(data: bytes, boxes: list[Box]) -> None:
    header, whole = parse_jpeg(data), decode_jpeg(data)
    blocks = [mcu_block(box, header) for box in boxes]
    copied, transformed = entropy_crop(data, header, blocks), crop_jpeg(data, blocks)
    for box, block, one, other in zip(boxes, blocks, copied, transformed, strict=True):
        pixels = decode_jpeg(one)
        assert np.array_equal(pixels, decode_jpeg(other))
        assert np.array_equal(pixels, np.asarray(Image.open(io.BytesIO(one)).convert("RGB")))
        left, top = box.left - block.left, box.top - block.top
        shown = pixels[top : top + box.height, left : left + box.width]
        assert np.array_equal(shown, whole[box.top : box.top + box.height, box.left : box.left + box.width])


@pytest.mark.parametrize("kind", KINDS)
def test_crops_of_every_sampling_and_table_are_exact(kind: str) -> None:
    data = photograph(**KINDS[kind])
    check(data, [*random_boxes(131, 187, 12), Box(0, 0, 187, 131), Box(186, 130, 1, 1)])


@pytest.mark.parametrize("options", [{}, {"subsampling": 0, "quality": 96}, {"mode": "L"}])
def test_crops_of_files_with_the_standard_s_tables_are_the_transform_s_byte_for_byte(options: dict[str, Any]) -> None:
    data = photograph(**options)
    header = parse_jpeg(data)
    blocks = [mcu_block(box, header) for box in random_boxes(131, 187, 12)]
    assert entropy_crop(data, header, blocks) == crop_jpeg(data, blocks)


def test_gray_and_tiny_images_are_exact() -> None:
    check(photograph(mode="L"), random_boxes(131, 187, 12))
    for height, width in [(1, 1), (3, 40), (40, 3), (16, 17), (17, 18), (9, 20)]:
        check(photograph(height, width), [*random_boxes(height, width, 6), Box(width - 1, height - 1, 1, 1)])


@pytest.mark.parametrize("sampling", ["411", "420", "422", "440", "444"])
def test_sampling_that_pillow_never_writes_is_exact(sampling: str) -> None:
    factors = getattr(cv2, f"IMWRITE_JPEG_SAMPLING_FACTOR_{sampling}")
    pixels = decode_jpeg(photograph(97, 121))
    _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factors])
    assert parse_jpeg(encoded.tobytes()).mcu_width == {"411": 32, "420": 16, "422": 16}.get(sampling, 8)
    check(encoded.tobytes(), random_boxes(97, 121, 12))


@pytest.mark.parametrize("kind", LEFT_TO_THE_TRANSFORM)
def test_other_kinds_are_written_again_as_baseline(kind: str) -> None:
    data = photograph(**LEFT_TO_THE_TRANSFORM[kind])
    header = parse_jpeg(data)
    blocks = [mcu_block(box, header) for box in random_boxes(131, 187, 12)]
    with pytest.raises(NoEntropyCropError, match="only sequential Huffman-coded"):
        entropy_crop(data, header, blocks)
    assert baseline_crop(data, header, blocks) == crop_jpeg(data, blocks)


def test_a_stream_that_is_cut_off_is_noticed_where_a_window_reaches_it() -> None:
    data = photograph()
    header = parse_jpeg(data)
    short = data[: header.scan + (len(data) - header.scan) // 2] + b"\xff\xd9"
    assert entropy_crop(short, header, [Box(0, 0, 32, 16)]) == entropy_crop(data, header, [Box(0, 0, 32, 16)])
    with pytest.raises(DamagedJpegError, match="no valid codes, end early"):
        entropy_crop(short, header, [Box(0, 112, 32, 19)])
    with pytest.raises(NoEntropyCropError, match="miss their end"):
        entropy_crop(short[:-2], header, [Box(0, 0, 32, 16)])


def test_damaged_streams_are_refused_or_decode_and_never_touch_other_memory() -> None:
    random = np.random.default_rng(5)
    refused = 0
    for number in range(400):
        data = bytearray(photograph(48, 64, seed=number % 3, optimize=bool(number % 2)))
        for place in random.integers(2, len(data), random.integers(1, 6)).tolist():
            data[place] = int(random.integers(256))
        try:
            header = parse_jpeg(bytes(data))
            boxes = [mcu_block(Box(0, 0, header.width, header.height), header)]
            if header.width * header.height <= 1 << 20:
                decode_jpeg(entropy_crop(bytes(data), header, boxes)[0])
        except (DamagedJpegError, NoEntropyCropError, MalformedJpegError, JpegRefusedError):
            refused += 1
    assert 100 < refused < 400


def test_every_real_jpeg_file_is_cropped_exactly(data_folder: Path) -> None:
    files = sorted(file for file in data_folder.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg"))
    assert len(files) == 160
    for number, file in enumerate(files):
        data = file.read_bytes()
        header = parse_jpeg(data)
        check(data, random_boxes(header.height, header.width, 2, seed=number))


def test_a_code_that_was_added_for_crops_is_none_of_the_source_s() -> None:
    data = photograph(48, 64, mode="L", optimize=True)  # a table of its own, without the differences that no block has
    header = parse_jpeg(data)
    tables = huffman_tables(b"".join(data[part.start : part.end] for part in header.segments if part.marker == 0xC4))
    (table,) = (part for part in header.segments if part.marker == 0xC4 and data[part.start] == 0)
    own = data[table.start + 17 : table.end]
    added = [size for size in range(12) if size not in own]
    assert added and all(tables.dc_codes[0, size] for size in added)
    code, length = tables.dc_codes[0, added[0]] & 0xFFFF, tables.dc_codes[0, added[0]] >> 16
    bits = f"{code:0{length}b}".ljust(64, "1")
    coded = int(bits, 2).to_bytes(8, "big").replace(b"\xff", b"\xff\x00")
    with pytest.raises(DamagedJpegError, match="no valid codes"):
        check_scan(data[: header.scan] + coded + data[header.scan + 8 :], header)


def test_tables_that_libjpeg_refuses_are_refused() -> None:
    counts = [0, 4, *[0] * 14]  # all four codes of two bits, of which the last is of ones alone
    for content in (bytes([0, *counts, 0, 1, 2, 3]), bytes([0, 1, *[0] * 15, 16])):
        with pytest.raises(MalformedJpegError, match=r"more codes of some length|DC symbol above 15"):
            huffman_tables(content)


def test_every_crop_opens_as_its_first_mcu_does() -> None:
    data = photograph()
    header = parse_jpeg(data)
    first = header.components[0].quantisation
    undefined = data.replace(bytes([0xFF, 0xDB, 0, 67, first]), bytes([0xFF, 0xDB, 0, 67, 3]), 1)
    with pytest.raises(NoEntropyCropError, match="quantisation tables"):
        entropy_crop(undefined, parse_jpeg(undefined), [Box(0, 0, 32, 32)])
    sampled = bytearray(data)
    frame = next(part for part in header.segments if part.marker == header.frame)
    sampled[frame.start + 7] = 0x32  # three columns a unit of the first component, which no decoder scales
    sampled[frame.start + 10] = 0x21
    with pytest.raises((NoEntropyCropError, DamagedJpegError)):
        entropy_crop(bytes(sampled), parse_jpeg(bytes(sampled)), [Box(0, 0, 24, 16)])
