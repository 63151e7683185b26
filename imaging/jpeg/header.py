"""Reads JPEG headers: frame, components and orientation, without decoding.

Source: ITU-T T.81, annex B (markers); EXIF 2.32 (the APP1 segment); the Adobe APP14 segment.
"""

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from imaging.orientation import exif_orientation
from lake.errors import InputError

SOI = b"\xff\xd8"
EOI = b"\xff\xd9"
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a segment
_UNLIKE_SEGMENTS = _BARE | {0x00, 0xD9, 0xFF}
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_COMPONENT = struct.Struct("BBB")
_SCAN, _RESTART, _EXIF, _ADOBE = 0xDA, 0xDD, 0xE1, 0xEE


class MalformedJpegError(InputError):
    """The bytes begin like a JPEG file but are none."""


class Component(NamedTuple):
    """One colour component of a frame."""

    identifier: int
    horizontal: int  # sampling factors, 1 to 4
    vertical: int
    quantisation: int  # table selector


class Segment(NamedTuple):
    """One marker segment: its marker's second byte and where its content lies in the file."""

    marker: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What stands before the first scan of a JPEG file, in the stored frame."""

    width: int
    height: int
    precision: int  # bits a sample
    frame: int  # the frame marker's second byte: 0xC0 baseline, 0xC1 extended, 0xC2 progressive, …
    components: tuple[Component, ...]
    restart_interval: int  # MCUs; 0 for none
    orientation: int
    adobe_transform: int | None
    segments: tuple[Segment, ...]  # in file order, up to and with the first SOS
    scan: int  # offset of the first entropy-coded byte
    mcu_width: int = field(init=False)  # of an interleaved MCU, in px; 8 for a single component
    mcu_height: int = field(init=False)

    def __post_init__(self) -> None:
        several = len(self.components) > 1
        object.__setattr__(self, "mcu_width", 8 * max(part.horizontal for part in self.components) if several else 8)
        object.__setattr__(self, "mcu_height", 8 * max(part.vertical for part in self.components) if several else 8)


def parse_jpeg(data: bytes) -> JpegHeader:
    """Read the header of a JPEG file.

    Raises:
        MalformedJpegError: It is cut off, has no frame or scan, or a segment contradicts itself.
    """
    if data[:2] != SOI:
        raise MalformedJpegError(f"expected a JPEG file to begin with FF D8, got {data[:2].hex(' ')!r}")
    segments: list[Segment] = []
    orientation, adobe, restart = 1, None, 0
    frame: tuple[int, int, int, int, tuple[Component, ...]] | None = None
    for segment in _segments(data):
        segments.append(segment)
        content = data[segment.start : segment.end]
        if segment.marker in _FRAMES:
            if frame is not None:
                raise MalformedJpegError("expected one frame in the JPEG file, got two; hierarchical files are not read")
            frame = _frame(segment.marker, content)
        elif segment.marker == _EXIF and content[:6] == b"Exif\0\0" and orientation == 1:
            orientation = exif_orientation(content[6:])
        elif segment.marker == _ADOBE and content[:5] == b"Adobe" and len(content) >= 12:
            adobe = content[11]
        elif segment.marker == _RESTART and len(content) == 2:
            restart = int.from_bytes(content, "big")
    if frame is None:
        raise MalformedJpegError("expected a frame header before the first scan of the JPEG file, got none")
    kind, precision, width, height, components = frame
    return JpegHeader(width, height, precision, kind, components, restart, orientation, adobe, tuple(segments), segments[-1].end)


def _segments(data: bytes) -> list[Segment]:
    found: list[Segment] = []
    position = 2
    while True:
        # Nearly every segment follows the one before it at once; whatever lies between is passed over below.
        head = data[position : position + 4]
        if len(head) == 4 and head[0] == 0xFF and head[1] not in _UNLIKE_SEGMENTS:
            marker, end = head[1], position + 2 + (head[2] << 8 | head[3])
            if position + 4 <= end <= len(data):
                found.append(Segment(marker, position + 4, end))
                position = end
                if marker == _SCAN:
                    return found
                continue
        position = data.find(b"\xff", position)
        while 0 <= position < len(data) and data[position] == 0xFF:
            position += 1
        if position < 0 or position >= len(data):
            raise MalformedJpegError(f"the JPEG file ends after {len(data):,} bytes, before its first scan; copy it again")
        marker = data[position]
        position += 1
        if marker in _BARE or marker == 0:
            continue
        if marker == EOI[1]:
            raise MalformedJpegError("the JPEG file ends before its first scan")
        length = int.from_bytes(data[position : position + 2], "big")
        if length < 2 or position + length > len(data):
            raise MalformedJpegError(f"segment {marker:02X} of the JPEG file is cut off at byte {position:,}; copy it again")
        found.append(Segment(marker, position + 2, position + length))
        position += length
        if marker == _SCAN:
            return found


def _frame(marker: int, content: bytes) -> tuple[int, int, int, int, tuple[Component, ...]]:
    if len(content) < 6 or len(content) != 6 + 3 * content[5] or not content[5]:
        raise MalformedJpegError(f"the JPEG frame header has {len(content)} bytes, which fit no number of components")
    precision, height, width, _ = struct.unpack_from(">BHHB", content)
    components = tuple([Component(own, sides >> 4, sides & 15, table) for own, sides, table in _COMPONENT.iter_unpack(content[6:])])
    if not width or not height:
        raise MalformedJpegError(f"expected a JPEG frame of at least 1 x 1 px, got {width} x {height}")
    if not all(1 <= part.horizontal <= 4 and 1 <= part.vertical <= 4 for part in components):
        raise MalformedJpegError("expected JPEG sampling factors of 1 to 4, got others")
    return marker, precision, width, height, components
