"""Mutated image files through the checks of ingest and the cutter: every crop equals what Pillow decodes, or the file is refused.

Each mutation follows from the seed and its number alone: `probe(1, seed, first=number)` repeats one.
"""

import io
import os
import random
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from imaging.crop_codec import decode_pixels
from imaging.images import ImageHeader, ImageRefusedError, Pixels, decode_image
from imaging.jpeg.turbo import JpegRefusedError, decode_jpeg
from imaging.orientation import Box, orient
from jobs.crop.blocks import PixelBlock, cut_blocks
from jobs.ingest.image_files import ImageCheck, describe_image
from tests.support.probes.outcomes import Outcomes

HEIGHT, WIDTH = 75, 101
PIXEL_BUDGET = 1 << 23
REAL = 24  # files of the folder of real images, at most
SHARE_OF_REAL = 0.3
KINDS: dict[str, tuple[str, str, dict[str, object]]] = {
    "baseline 4:2:0": ("RGB", "JPEG", {}),
    "baseline 4:2:2": ("RGB", "JPEG", {"subsampling": 1, "quality": 90}),
    "baseline 4:4:4": ("RGB", "JPEG", {"subsampling": 0, "quality": 95}),
    "tables of its own": ("RGB", "JPEG", {"optimize": True, "quality": 60}),
    "grey": ("L", "JPEG", {}),
    "turned": ("RGB", "JPEG", {"orientation": 6}),
    "mirrored": ("RGB", "JPEG", {"orientation": 4, "subsampling": 0}),
    "restart intervals": ("RGB", "JPEG", {"restart_marker_blocks": 5}),
    "progressive": ("RGB", "JPEG", {"progressive": True}),
    "progressive, grey": ("L", "JPEG", {"progressive": True}),
    "inks": ("CMYK", "JPEG", {}),
    "PNG": ("RGB", "PNG", {}),
    "PNG with a palette": ("P", "PNG", {}),
}


def probe(count: int, seed: int, *, first: int = 0) -> Outcomes:
    """Mutate images and see what becomes of them.

    Args:
        count: How many.
        seed: Of the mutations.
        first: Number of the first one.
    """
    found = Outcomes("mutated images")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(first, first + count):
            kind, data = mutated(seed, number)
            found.tried += 1
            try:
                found.outcomes[outcome(data, random.Random(f"windows {seed} {number}"))] += 1
            except Exception as error:
                found.outcomes["violation"] += 1
                found.violations.append(f"probe(1, {seed}, first={number}), {kind}: {type(error).__name__}: {error}")
    return found


def outcome(data: bytes, chance: random.Random) -> str:
    """Return what becomes of a file.

    Args:
        data: The whole file.
        chance: Draws the windows that are cut of it.

    Raises:
        AssertionError: A crop of it is not what Pillow decodes.
    """
    try:
        header = describe_image(data, ImageCheck(pixel_budget=PIXEL_BUDGET)).header
    except ImageRefusedError as refusal:
        return f"{refusal.reason.value}, {kept(data, chance)}"
    compare(data, header, chance)
    return "accepted, crops equal"


def kept(data: bytes, chance: random.Random) -> str:
    """Return what becomes of a refused file whose source keeps damaged ones."""
    try:
        header = describe_image(data, ImageCheck(undamaged=False, pixel_budget=PIXEL_BUDGET)).header
        compare(data, header, chance)
    except ImageRefusedError:
        return "refused even where damaged ones are kept"
    return "crops equal where damaged ones are kept"


def compare(data: bytes, header: ImageHeader, chance: random.Random) -> None:
    """Cut windows of a file and compare each with the decoded whole."""
    boxes = [window(header, chance) for _ in range(3)]
    boxes.append(Box(header.width - 1, header.height - 1, 1, 1))
    blocks = cut_blocks(data, boxes, lossless=True)
    whole = decoded(data, header)
    for box, block in zip(boxes, blocks, strict=True):
        expected = whole[box.top : box.top + box.height, box.left : box.left + box.width]
        assert np.array_equal(shown(block, box), expected), f"{tuple(box)} of {header} as {block.codec}"


def window(header: ImageHeader, chance: random.Random) -> Box:
    """Draw a window of an image."""
    wide, high = chance.randint(1, header.width), chance.randint(1, header.height)
    return Box(chance.randint(0, header.width - wide), chance.randint(0, header.height - high), wide, high)


def shown(block: PixelBlock, box: Box) -> Pixels:
    """Open a block and return the pixels of its window."""
    pixels = orient(decode_pixels(block.codec, block.data), block.orientation)
    return pixels[block.top : block.top + box.height, block.left : block.left + box.width]


def decoded(data: bytes, header: ImageHeader) -> Pixels:
    """Decode a file by Pillow, or by libjpeg-turbo where Pillow's own reading of the header refuses what that opens."""
    if header.format != "jpeg":
        return decode_image(data, header)
    try:
        with JpegImageFile(io.BytesIO(data)) as image:
            stored = np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, IndexError, TypeError):
        try:
            stored = decode_jpeg(data)
        except JpegRefusedError as error:
            raise AssertionError(f"no decoder opens the file, and crops came of it: {error}") from error
    return orient(stored, header.orientation)


@cache
def sources() -> Mapping[str, bytes]:
    """The files that are mutated, by kind; with real ones where `CENTREPIECE_DATA` names a folder of them."""
    found = {name: drawn(number, *kind) for number, (name, kind) in enumerate(KINDS.items())}
    folder = os.environ.get("CENTREPIECE_DATA")
    real = sorted(Path(folder).rglob("*.jp*g")) if folder else []
    return found | {f"real {path.name}": path.read_bytes() for path in real[:: max(1, len(real) // REAL)]}


def drawn(seed: int, mode: str, kind: str, options: Mapping[str, object]) -> bytes:
    """Draw an image and encode it."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    waves = [90 * np.sin(rows / (9 + seed % 5) + channel) * np.cos(columns / 8) + 128 for channel in range(3)]
    noise = np.random.default_rng(seed).normal(0, 10, (HEIGHT, WIDTH, 3))
    exif = Image.Exif()
    exif[0x0112] = options.get("orientation", 1)
    file = io.BytesIO()
    settings = {name: value for name, value in options.items() if name != "orientation"}
    Image.fromarray((np.stack(waves, axis=2) + noise).clip(0, 255).astype(np.uint8)).convert(mode).save(file, kind, exif=exif, **settings)
    return file.getvalue()


def mutated(seed: int, number: int) -> tuple[str, bytes]:
    """Return one mutation's kind of file, and the file."""
    chance = random.Random(f"mutation {seed} {number}")
    files = sources()
    real = [name for name in files if name not in KINDS]
    name = chance.choice(real if real and chance.random() < SHARE_OF_REAL else [*KINDS])
    data = bytearray(files[name])
    harm = chance.choice(HARMS)
    harm(data, chance)
    return f"{name}, {harm.__name__}", bytes(data)


def flip_a_bit(data: bytearray, chance: random.Random) -> None:
    """Flip one bit anywhere."""
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def flip_a_bit_of_the_header(data: bytearray, chance: random.Random) -> None:
    """Flip one bit of the first bytes, where most files have their tables."""
    data[chance.randrange(min(len(data), 640))] ^= 1 << chance.randrange(8)


def flip_bits(data: bytearray, chance: random.Random) -> None:
    """Flip up to eight bits."""
    for _ in range(chance.randint(2, 8)):
        flip_a_bit(data, chance)


def set_bytes(data: bytearray, chance: random.Random) -> None:
    """Overwrite some bytes, with markers at times."""
    place = chance.randrange(len(data))
    text = chance.choice([b"\xff", b"\xff\xff", b"\xff\xd9", b"\xff\xd0", b"\xff\xda", b"\xff\xc4", bytes(16), chance.randbytes(4)])
    data[place : place + len(text)] = text


def put_bytes_in(data: bytearray, chance: random.Random) -> None:
    """Insert some bytes."""
    place = chance.randrange(len(data))
    data[place:place] = chance.randbytes(chance.choice([1, 2, 3, 64]))


def take_bytes_out(data: bytearray, chance: random.Random) -> None:
    """Remove some bytes."""
    place = chance.randrange(len(data))
    del data[place : place + chance.choice([1, 2, 3, 64, 4096])]


def cut_off(data: bytearray, chance: random.Random) -> None:
    """Keep the beginning, with the end marker at times."""
    del data[chance.randrange(2, len(data)) :]
    if chance.random() < 0.5:
        data += b"\xff\xd9"


def repeat_bytes(data: bytearray, chance: random.Random) -> None:
    """Have a stretch twice, as a broken copy does."""
    place, length = chance.randrange(len(data)), chance.choice([16, 512, 4096])
    data[place:place] = data[place : place + length]


HARMS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(flip_a_bit, flip_a_bit, flip_a_bit, flip_a_bit_of_the_header, flip_a_bit_of_the_header),
    *(flip_bits, set_bytes, put_bytes_in, take_bytes_out, cut_off, repeat_bytes),
)
