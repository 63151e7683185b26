"""Images are hashed and checked, those that are known but once; a size in the wrong frame is named."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from imaging.images import ImageRefusedError
from jobs.ingest.image_files import ImageCheck, check_size, describe_image, frame_size
from jobs.sources.records import ImageSize, ListedImage
from lake.reasons import Reason


def image(kind: str, orientation: int = 1) -> bytes:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, kind, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_an_image_is_named_by_its_bytes(kind: str) -> None:
    data = image(kind)
    found = describe_image(data)
    assert found.image_id == hashlib.sha256(data).hexdigest()
    assert (found.header.format, found.header.width, found.header.height) == (kind, 30, 20)
    assert describe_image(data + b"trailing bytes of a camera").header == found.header


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9])
def test_an_image_that_is_cut_off_is_refused(kind: str, share: float) -> None:
    data = image(kind)
    with pytest.raises(ImageRefusedError) as refused:
        describe_image(data[: int(len(data) * share)])
    assert refused.value.reason is Reason.UNDECODABLE_IMAGE


def test_bytes_that_were_found_sound_are_not_looked_at_again() -> None:
    data = image("png")[:-20]
    known = describe_image(image("png"), ImageCheck(hashed=True))
    by_id = {hashlib.sha256(data).hexdigest(): known}
    assert describe_image(data, ImageCheck(hashed=True), by_id) == known
    assert describe_image(data, ImageCheck(), by_id) == known._replace(phash=None)
    with pytest.raises(ImageRefusedError):
        describe_image(data, ImageCheck(hashed=True), {name: found._replace(phash=None) for name, found in by_id.items()})
    with pytest.raises(ImageRefusedError):
        describe_image(data, ImageCheck())


def test_an_image_above_the_pixel_budget_is_refused_from_its_header() -> None:
    with pytest.raises(ImageRefusedError) as refused:
        describe_image(image("png"), ImageCheck(pixel_budget=599))
    assert refused.value.reason is Reason.IMAGE_TOO_LARGE


def test_a_size_in_the_other_frame_says_which_setting_is_wrong() -> None:
    turned = describe_image(image("jpeg", orientation=6))
    assert (turned.header.width, turned.header.height) == (20, 30)
    assert frame_size(turned.header, "stored") == ImageSize(30, 20)
    stored, displayed = (ListedImage(":1", "1", "a", *size) for size in ((30, 20), (20, 30)))
    assert check_size(stored, turned, "stored") is None
    assert check_size(displayed, turned, "display") is None
    mismatch = check_size(stored, turned, "display")
    assert mismatch is not None
    assert mismatch.reason is Reason.SIZE_MISMATCH
    assert "set exif: stored" in mismatch.detail
    wrong = check_size(ListedImage(":1", "1", "a", 30, 21), turned, "stored")
    assert wrong is not None
    assert "set exif" not in wrong.detail


def test_a_size_that_the_export_leaves_out_is_not_checked() -> None:
    assert check_size(ListedImage(":1", "1", "a"), describe_image(image("png")), "display") is None
