"""Crops baseline JPEG files to blocks of whole MCUs by copying the source's own codes.

The crops decode to the same pixels as those of libjpeg-turbo's transform. Progressive, arithmetic, restarted and
multi-scan files are first written again as baseline by that transform. Codes are copied from data that have been found
valid, and one MCU of each file is opened: what all its crops have in common, the header, then opens too.
"""

import struct
from collections.abc import Sequence

import numpy as np

from imaging.jpeg.copy import NO_CODE, NO_END, copied_blocks
from imaging.jpeg.header import EOI, SOI, JpegHeader, MalformedJpegError, parse_jpeg
from imaging.jpeg.huffman import HuffmanTables, Integers, huffman_tables
from imaging.jpeg.scan import CORRUPT
from imaging.jpeg.turbo import JpegRefusedError, check_jpeg_header, crop_jpeg, decode_jpeg
from imaging.orientation import Box
from lake.errors import InputError

_SEQUENTIAL = frozenset({0xC0, 0xC1})
_DHT, _DQT, _SOS, _JFIF, _ADOBE = 0xC4, 0xDB, 0xDA, 0xE0, 0xEE
_FAULTS = {
    NO_END: "the JPEG file's entropy-coded data hold other markers, or miss their end",
    NO_CODE: "a Huffman table of the JPEG file has no code for a difference that the crop needs",
}
_BLACK, _WHITE = 1024, 1016  # DC values of blocks of 0 and of 255, in steps of 1: 8 x 128 below the middle, 8 x 127 above
_JFIF_BYTES = 12  # of its content, without the two that say how large a thumbnail follows


class NoEntropyCropError(InputError):
    """The file is of a kind, or damaged in a way, that copying codes does not serve."""


class DamagedJpegError(InputError):
    """The file is damaged, though a decoder may make something of it."""


def check_scan(data: bytes, header: JpegHeader) -> None:
    """Step over all codes of a JPEG file, and open its last MCU.

    Args:
        data: A whole JPEG file.
        header: Of it.

    Raises:
        DamagedJpegError: They are no codes of its tables, or more or fewer than its MCUs need, or libjpeg-turbo warns of the header.
        NoEntropyCropError: The file is of a kind that is not stepped over here.
    """
    entropy_crop(data, header, [_last_mcu(header)])


def baseline_crop(data: bytes, header: JpegHeader, blocks: Sequence[Box]) -> list[bytes]:
    """Crop JPEG data that libjpeg-turbo writes again as baseline, with the coefficients that they have.

    It leaves out, and does not say so, what its tables have no code for: all of what it wrote is scanned.

    Args:
        data: A whole JPEG file of any kind.
        header: Of it.
        blocks: As `entropy_crop` takes them.

    Raises:
        JpegRefusedError: The file is damaged, or of a kind that has no transform.
        NoEntropyCropError: As `entropy_crop`.
        DamagedJpegError: Its coefficients are none that baseline data can hold.
    """
    (written,) = crop_jpeg(data, [Box(0, 0, header.width, header.height)])
    found = parse_jpeg(written)
    if (found.mcu_width, found.mcu_height) != (header.mcu_width, header.mcu_height):
        raise NoEntropyCropError("the JPEG file's sampling changes where it is written again")
    return entropy_crop(written, found, [*blocks, _last_mcu(found)])[: len(blocks)]


def entropy_crop(data: bytes, header: JpegHeader, blocks: Sequence[Box]) -> list[bytes]:
    """Crop JPEG data without decoding them.

    Args:
        data: A whole JPEG file.
        header: Of it.
        blocks: In px of the stored frame; left and top at MCU boundaries, right and bottom there or at the frame's.

    Raises:
        NoEntropyCropError: Use `baseline_crop` instead.
        DamagedJpegError: The file is damaged, from its start to the lowest row of MCUs that a block holds.
    """
    _check_header(data, header)
    if header.frame not in _SEQUENTIAL or header.restart_interval or header.precision != 8 or len(header.components) > 4:
        raise NoEntropyCropError("only sequential Huffman-coded JPEG data without restart markers are copied")
    tables = _tables(data, header)
    slots = _slots(data, header)
    used = dict.fromkeys((kind, slot) for pair in slots.tolist() for kind, slot in enumerate(pair))
    if missing := used.keys() - tables.contents.keys():
        raise NoEntropyCropError(f"the JPEG file does not define its Huffman tables {sorted(missing)}")
    layout = np.repeat(np.arange(len(slots)), [_blocks_of(header, part) for part in range(len(slots))])
    asked, blocks = len(blocks), [*blocks, _mcu(header, 0, 0)]
    ranges = np.array([_mcus(block, header) for block in blocks], np.int64)
    known = tables.dc, tables.ac, tables.steps, tables.long_codes, tables.symbols, tables.dc_codes
    across, down = -(-header.width // header.mcu_width), -(-header.height // header.mcu_height)
    limits, coded = _dc_limits(data, header), np.frombuffer(data, np.uint8)
    found, stuffed, lengths = copied_blocks(coded, header.scan, layout, slots, known, limits, across, down, ranges)
    if found == CORRUPT:
        raise DamagedJpegError(
            "the JPEG file's entropy-coded data are no valid codes, end early, go on behind the last block, or make a block "
            "darker than black or brighter than white"
        )
    if found < 0:
        raise NoEntropyCropError(_FAULTS[found])
    copied = memoryview(stuffed)
    before, after = _frame_of_files(data, header, [tables.contents[table] for table in used])
    crops = []
    for block, first, length in zip(blocks, (2 * ranges[:, 4]).tolist(), lengths.tolist(), strict=True):
        size = struct.pack(">HH", block.height, block.width)
        crops.append(b"".join((before, size, after, copied[first : first + length], EOI)))
    try:
        decode_jpeg(crops[asked])
    except JpegRefusedError as error:
        raise NoEntropyCropError(f"an MCU of the JPEG file does not open: {error}") from error
    return crops[:asked]


def _check_header(data: bytes, header: JpegHeader) -> None:
    try:
        found = check_jpeg_header(data)
    except JpegRefusedError as error:
        raise DamagedJpegError(str(error)) from error
    if found != (header.height, header.width):
        raise DamagedJpegError(
            f"the JPEG file's header says {header.width} x {header.height} px, libjpeg-turbo reads {found[1]} x {found[0]}"
        )


def _last_mcu(header: JpegHeader) -> Box:
    return _mcu(header, (header.width - 1) // header.mcu_width, (header.height - 1) // header.mcu_height)


def _mcu(header: JpegHeader, column: int, row: int) -> Box:
    left, top = column * header.mcu_width, row * header.mcu_height
    return Box(left, top, min(header.mcu_width, header.width - left), min(header.mcu_height, header.height - top))


def _tables(data: bytes, header: JpegHeader) -> HuffmanTables:
    content = b"".join(data[part.start : part.end] for part in header.segments if part.marker == _DHT)
    try:
        return huffman_tables(content)
    except MalformedJpegError as error:
        raise NoEntropyCropError(str(error)) from None


def _slots(data: bytes, header: JpegHeader) -> Integers:
    scan = data[header.segments[-1].start : header.segments[-1].end]
    identifiers = [part.identifier for part in header.components]
    listed = [(scan[at], scan[at + 1] >> 4, scan[at + 1] & 15) for at in range(1, 2 * len(identifiers), 2) if at + 1 < len(scan)]
    whole = len(scan) == 4 + 2 * len(identifiers) and scan[0] == len(identifiers) and scan[-3:] == b"\0\x3f\0"
    if not whole or [part[0] for part in listed] != identifiers or any(slot > 3 for part in listed for slot in part[1:]):
        raise NoEntropyCropError("only JPEG files with one scan of all components are copied")
    return np.array([part[1:] for part in listed], np.int64)


def _dc_limits(data: bytes, header: JpegHeader) -> Integers:
    """Return the least and the greatest DC value of each component: a step of quantisation beyond what 8-bit samples give."""
    steps: dict[int, int] = {}
    for part in header.segments:
        at = part.start
        while part.marker == _DQT and at + 2 < part.end:
            deep = data[at] >> 4
            steps[data[at] & 15] = int.from_bytes(data[at + 1 : at + 2 + (deep > 0)], "big")
            at += 1 + (128 if deep else 64)
    known = [steps.get(part.quantisation, 0) for part in header.components]
    if not all(known):
        raise NoEntropyCropError("the JPEG file does not define its quantisation tables")
    return np.array([(-(_BLACK // step) - 1, _WHITE // step + 2) for step in known], np.int64)


def _blocks_of(header: JpegHeader, part: int) -> int:
    component = header.components[part]
    return component.horizontal * component.vertical if len(header.components) > 1 else 1


def _mcus(block: Box, header: JpegHeader) -> tuple[int, int, int, int, int]:
    wide, high = header.mcu_width, header.mcu_height
    right, bottom = block.left + block.width, block.top + block.height
    return block.left // wide, -(-right // wide), block.top // high, -(-bottom // high), 0


def _frame_of_files(data: bytes, header: JpegHeader, tables: list[bytes]) -> tuple[bytes, bytes]:
    """Return what stands before and after the height and width in every crop's header, as libjpeg writes it."""
    before, after = [SOI], [b""]
    target = before
    for part in header.segments:
        content = data[part.start : part.end]
        if part.marker == _JFIF and content[:5] == b"JFIF\0" and len(content) >= _JFIF_BYTES + 2:
            target.append(_segment(_JFIF, content[:_JFIF_BYTES] + b"\0\0"))
        elif part.marker == header.frame:
            target.append(b"\xff" + bytes([part.marker]) + struct.pack(">H", len(content) + 2) + content[:1])
            target = after
            target.append(content[5:])
        elif part.marker == _SOS:
            target += (_segment(_DHT, table) for table in tables)
            target.append(_segment(_SOS, content))
        elif part.marker == _DQT or (part.marker == _ADOBE and content[:5] == b"Adobe"):
            target.append(_segment(part.marker, content))
    return b"".join(before), b"".join(after)


def _segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content
