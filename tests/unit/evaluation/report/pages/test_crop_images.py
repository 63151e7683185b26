"""What the report's images show: the crop's own pixels as displayed, outlines, ignored pixels and what lies beyond the image."""

import base64
import re

import cv2
import numpy as np
import pytest

from evaluation.report.pages.crop_images import CANDIDATE_COLOUR, CHAMPION_COLOUR, TRUTH_COLOUR
from evaluation.report.pages.crops import crops_section
from evaluation.report.pages.pairs import pairs_section
from evaluation.scores.observations import beyond_image
from imaging.crop_codec import open_crop
from imaging.images import Pixels
from tests.support.factories import crop_rows, tiny_shots
from tests.support.pages import METRIC, invented_pair


def pictures(html: str) -> list[Pixels]:
    found = re.findall(r'src="data:image/webp;base64,([^"]+)"', html)
    return [cv2.cvtColor(_decoded(data), cv2.COLOR_BGR2RGB).astype(np.uint8) for data in found]


def _decoded(data: str) -> Pixels:
    image = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, dtype=np.uint8)


def near(image: Pixels, colour: tuple[int, int, int]) -> int:
    return int((np.abs(image.astype(int) - colour).max(axis=2) < 60).sum())


def test_a_pair_is_crop_truth_champion_and_candidate_with_their_own_edges() -> None:
    crop, truth, champion, candidate = pictures(pairs_section([invented_pair("x")], [], metric=METRIC, champion=True))
    assert [near(crop, colour) for colour in (TRUTH_COLOUR, CHAMPION_COLOUR, CANDIDATE_COLOUR)] == [0, 0, 0]
    assert near(truth, TRUTH_COLOUR) > 300 and near(truth, CANDIDATE_COLOUR) == 0
    assert near(champion, CHAMPION_COLOUR) > 300 and near(champion, TRUTH_COLOUR) == 0  # equal to the truth, so over it
    assert near(candidate, CANDIDATE_COLOUR) > 300 and near(candidate, TRUTH_COLOUR) > 100


def test_ignored_pixels_are_hatched_and_what_overhangs_is_gray() -> None:
    pair = invented_pair("x")
    truth = pictures(pairs_section([pair], [], metric=METRIC, champion=True))[1]
    scale = truth.shape[0] / pair.pixels.shape[0]
    top, bottom = truth[: int(4 * scale)], truth[-int(4 * scale) :]
    assert near(top, (96, 96, 104)) > 0.5 * top[..., 0].size
    for part, plain in ((top, 96), (bottom, 200)):
        hatched = np.abs(part[..., 2].astype(int) - part[..., 0].astype(int)) > 40
        assert 0.1 < hatched.mean() < 0.6, plain


@pytest.mark.parametrize("turned", [6, 3])
def test_a_sample_is_drawn_as_displayed_with_its_true_shape(turned: int) -> None:
    crops = crop_rows(tiny_shots(images=12)).to_pylist()
    row = max(crops, key=lambda crop: beyond_image(crop).mean())
    shown = open_crop(row)
    stored = np.rot90(shown_block(row), {6: 1, 3: 2}[turned])  # what EXIF 6 and 3 turn back
    done, data = cv2.imencode(".png", cv2.cvtColor(np.ascontiguousarray(stored), cv2.COLOR_RGB2BGR))
    assert done
    turned_row = {**row, "pixels": data.tobytes(), "pixel_codec": "png", "orientation": turned}
    assert np.array_equal(open_crop(turned_row).pixels, shown.pixels)
    assert beyond_image(row).any()
    (plain,), (drawn,) = pictures(crops_section([row])), pictures(crops_section([turned_row]))
    assert np.array_equal(plain, drawn)
    assert near(drawn, TRUTH_COLOUR) > 50


def shown_block(row: dict[str, object]) -> Pixels:
    block = cv2.imdecode(np.frombuffer(row["pixels"], np.uint8), cv2.IMREAD_COLOR)  # type: ignore[call-overload]
    assert row["pixel_codec"] == "png" and row["orientation"] == 1
    return np.asarray(cv2.cvtColor(np.asarray(block), cv2.COLOR_BGR2RGB), dtype=np.uint8)
