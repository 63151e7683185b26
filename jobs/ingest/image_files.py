"""Image files of an export: whether one is whole, what its header says, and in which frame its geometry lies."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from imaging.damage import check_undamaged
from imaging.images import PIXEL_BUDGET, ImageHeader, ImageRefusedError, read_header
from imaging.jpeg.header import MalformedJpegError, parse_jpeg
from imaging.orientation import is_turned
from imaging.phash import image_hash
from jobs.sources.record_columns import Columns, columns_of_rows, with_rejected
from jobs.sources.records import ImageSize, ListedImage, Rejected
from lake.reasons import Reason

_END_OF_JPEG = b"\xff\xd9"
_END_OF_PNG = b"IEND"
_DEEP_MODES = ("I", "F")  # whole numbers and fractions of 32 bits
_LISTED = len(ListedImage._fields)
_TAIL = 1 << 16  # bytes after the end marker that cameras and tools leave


class ImageFile(NamedTuple):
    """What is known of one image's bytes, whichever record lists it."""

    image_id: str  # sha-256 of the bytes
    header: ImageHeader
    phash: str | None = None


class SoundImage(NamedTuple):
    """A listed image whose file is sound and has the size that the export states."""

    listed: ListedImage
    file: ImageFile
    uri: str


ImageOutcome = SoundImage | Rejected


def outcome_columns(images: Sequence[ImageOutcome]) -> Columns:
    """Turn what became of images into columns, in which they travel between driver and workers."""
    rows = (
        (*image.listed, image.file.image_id, *image.file.header, image.file.phash, image.uri)
        for image in images
        if isinstance(image, SoundImage)
    )
    return columns_of_rows(rows, ((index, image) for index, image in enumerate(images) if isinstance(image, Rejected)))


def image_outcomes(columns: Columns) -> tuple[ImageOutcome, ...]:
    """Return what `outcome_columns` was given."""
    if not columns.fields:
        return with_rejected((), columns.rejected)
    fields = columns.fields
    ids, phashes, uris = fields[_LISTED], fields[-2], fields[-1]
    files = map(ImageFile, ids, map(ImageHeader, *fields[_LISTED + 1 : -2]), phashes)
    return with_rejected(map(SoundImage, map(ListedImage, *fields[:_LISTED]), files, uris), columns.rejected)


@dataclass(frozen=True, slots=True)
class ImageCheck:
    """What is found out of an image's bytes, and which are known already."""

    hashed: bool = False  # whether to decode it for its perceptual hash
    undamaged: bool = True  # whether to look for damage
    pixel_budget: int = PIXEL_BUDGET  # pixels that it may have


_CHECK = ImageCheck()
_NOTHING: Mapping[str, ImageFile] = MappingProxyType({})


def describe_image(data: bytes, check: ImageCheck = _CHECK, known: Mapping[str, ImageFile] = _NOTHING) -> ImageFile:
    """Hash an image, read its header, and look for damage.

    Args:
        data: The whole file.
        check: What to find out.
        known: Files that have been found sound under the same check, by image id; their bytes need no second look.

    Raises:
        ImageRefusedError: It is no image, is cut off or damaged, or has more pixels than the budget.
    """
    image_id = hashlib.sha256(data).hexdigest()
    if (found := known.get(image_id)) is not None and (found.phash or not check.hashed):
        return found if check.hashed else found._replace(phash=None)
    header = read_header(data, pixel_budget=check.pixel_budget)
    if header.mode in _DEEP_MODES:
        raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, f"samples of mode {header.mode!r} have no defined 8-bit form")
    if not _is_whole(data, header.format):
        raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, "the image's end is missing; it was cut off, copy it again")
    if check.undamaged:
        check_undamaged(data, header)
    phash = image_hash(data, width=header.width, height=header.height) if check.hashed else None
    return ImageFile(image_id, header, phash)


def check_size(listed: ListedImage, file: ImageFile, exif: str) -> Rejected | None:
    """Compare the size that an export states with the file's, in the frame that the source names.

    Args:
        listed: The export's record.
        file: The image that it names.
        exif: "display" where the export's geometry lies in the displayed frame, "stored" where EXIF was not applied.
    """
    if listed.width is None and listed.height is None:
        return None
    found = frame_size(file.header, exif)
    if (listed.width, listed.height) == (found.width, found.height):
        return None
    other = ImageSize(found.height, found.width) if is_turned(file.header.orientation) else found
    turned = (listed.width, listed.height) == (other.width, other.height)
    hint = f"; it fits the other frame: set exif: {'stored' if exif == 'display' else 'display'}" if turned else ""
    return Rejected(
        listed.ref,
        Reason.SIZE_MISMATCH,
        f"the export says {listed.width} x {listed.height} px, the {exif} image has {found.width} x {found.height}{hint}",
        image=listed.name,
    )


def frame_size(header: ImageHeader, exif: str) -> ImageSize:
    """Return an image's size in the frame of its export's geometry.

    Args:
        header: Of the file; its width and height are those of the displayed image.
        exif: "display" or "stored"; see `check_size`.
    """
    if exif == "stored" and is_turned(header.orientation):
        return ImageSize(header.height, header.width)
    return ImageSize(header.width, header.height)


def _is_whole(data: bytes, kind: str) -> bool:
    if kind == "jpeg":
        return data.endswith(_END_OF_JPEG) or data.rfind(_END_OF_JPEG, _first_scan(data)) >= 0
    return kind != "png" or data.rfind(_END_OF_PNG, max(0, len(data) - _TAIL)) >= 0


def _first_scan(data: bytes) -> int:
    try:
        return parse_jpeg(data).scan
    except MalformedJpegError as error:
        raise ImageRefusedError(Reason.UNDECODABLE_IMAGE, str(error)) from None
