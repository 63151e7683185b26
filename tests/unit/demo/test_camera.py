import numpy as np
import pytest

from demo.camera import expose, png, save, with_orientation
from demo.world import scene
from imaging.images import decode_image, read_header


@pytest.fixture(scope="module")
def pixels():
    return scene(0, long_side=160).pixels


def photographs(pixels):
    return [save(pixels, np.random.default_rng(seed)) for seed in range(150)]


def test_a_folder_holds_mostly_jpeg_and_some_of_everything_else(pixels):
    taken = photographs(pixels)
    kinds = [photograph.kind for photograph in taken]
    assert kinds.count("jpeg") > 100
    assert set(kinds) == {"jpeg", "progressive", "gray", "png"}
    assert {photograph.orientation for photograph in taken} == {1, 3, 6, 8}


def test_every_file_shows_the_scene_in_its_displayed_frame(pixels):
    for photograph in photographs(pixels)[:60]:
        header = read_header(photograph.data)
        assert header.orientation == photograph.orientation
        assert (header.height, header.width) == pixels.shape[:2]
        shown = decode_image(photograph.data, header).astype(np.float32)
        expected = pixels.astype(np.float32)
        if photograph.kind == "gray":
            expected, shown = expected @ np.array([0.299, 0.587, 0.114]), shown[..., 0]
        assert np.abs(shown - expected).mean() < 8


def test_the_four_to_two_zero_kinds_are_what_their_names_say(pixels):
    for photograph in photographs(pixels):
        if photograph.kind in ("jpeg", "progressive"):
            assert (b"\xff\xc2" in photograph.data) == (photograph.kind == "progressive")
            frame = photograph.data.find(b"\xff\xc2" if photograph.kind == "progressive" else b"\xff\xc0")
            assert photograph.data[frame + 11] == 0x22  # luma sampled twice as often both ways


def test_an_orientation_block_leaves_the_image_as_it_was(pixels):
    plain = next(photograph for photograph in photographs(pixels) if photograph.kind == "jpeg" and photograph.orientation == 1)
    turned = with_orientation(plain.data, 6)
    assert read_header(turned).orientation == 6
    assert turned.endswith(plain.data[2:])


def test_png_keeps_every_pixel(pixels):
    data = png(pixels)
    np.testing.assert_array_equal(decode_image(data, read_header(data)), pixels)


def test_exposure_stays_in_range_and_is_a_function_of_the_generator():
    frame = np.full((40, 60, 3), 128, np.float32)
    first, second = (expose(frame.copy(), np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.uint8
    assert 80 < first.mean() < 170
