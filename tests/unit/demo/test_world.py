import cv2
import numpy as np
import pytest

from demo.catalogue import DOMAINS, STUFF, THINGS
from demo.world import scene, scenes

SMALL = 200


@pytest.fixture(scope="module")
def world():
    return list(scenes(images=36, long_side=SMALL))


def test_the_world_has_at_least_24_classes_in_three_domains(world):
    assert len(THINGS) >= 24
    assert [taken.domain for taken in world[:3]] == list(DOMAINS)
    assert {thing.kind for taken in world for thing in taken.things} <= set(THINGS)
    assert len({thing.kind for taken in world for thing in taken.things}) >= 24


def test_an_image_is_the_same_whatever_else_is_rendered(world):
    for index in (0, 7, 17):
        alone = scene(index, long_side=SMALL)
        np.testing.assert_array_equal(alone.pixels, world[index].pixels)
        np.testing.assert_array_equal(alone.numbers, world[index].numbers)


def test_another_seed_is_another_world(world):
    other = scene(0, seed=8, long_side=SMALL)
    assert other.pixels.shape != world[0].pixels.shape or (other.pixels != world[0].pixels).any()


def test_masks_are_exactly_the_pixels_that_show_a_thing(world):
    for taken in world:
        assert taken.pixels.shape == (*taken.numbers.shape, 3)
        assert set(np.unique(taken.numbers)) - {0} == {thing.number for thing in taken.things}
        for thing in taken.things:
            np.testing.assert_array_equal(thing.mask, taken.numbers == thing.number)
            x, y, width, height = thing.box
            assert thing.area == thing.mask[y : y + height, x : x + width].sum() > 0
            for edge in (thing.mask[y, :], thing.mask[y + height - 1, :], thing.mask[:, x], thing.mask[:, x + width - 1]):
                assert edge.any()


def test_things_hide_one_another_are_cut_by_the_frame_and_have_holes_and_parts(world):
    from imaging.masks.masks import encode
    from tests.support.mask_oracles import mask_properties

    facts = [
        (thing, mask_properties(encode(thing.mask), taken.height, taken.width), taken)
        for taken in world
        for thing in taken.things
        if not thing.is_crowd
    ]
    assert sum(fact.holes > 0 for _, fact, _ in facts) > len(facts) * 0.1
    assert sum(fact.components > 1 for _, fact, _ in facts) > len(facts) * 0.03
    assert 0.05 < sum(not fact.owns_centre for _, fact, _ in facts) / len(facts) < 0.4
    cut = [thing for thing, _, taken in facts if thing.box[0] == 0 or thing.box[0] + thing.box[2] == taken.width]
    assert len(cut) > len(facts) * 0.05
    assert any(thing.is_crowd for taken in world for thing in taken.things)


def test_most_outlines_can_be_seen_in_the_pixels(world):
    """Across an outline the image changes far more than between neighbours elsewhere inside and outside."""
    gaps = []
    for taken in world:
        smooth = cv2.GaussianBlur(taken.pixels, (0, 0), 1.0).astype(np.float32)
        for thing in taken.things:
            mask = thing.mask.astype(np.uint8)
            inner = (cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0) & ~(cv2.erode(mask, np.ones((7, 7), np.uint8)) > 0)
            outer = (cv2.dilate(mask, np.ones((7, 7), np.uint8)) > 0) & ~(cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0)
            if inner.sum() > 20 and outer.sum() > 20:
                gaps.append(float(np.linalg.norm(smooth[inner].mean(axis=0) - smooth[outer].mean(axis=0))))
    assert np.median(gaps) > 45
    assert np.mean(np.array(gaps) < 12) < 0.08


def test_frames_of_a_driving_sequence_share_their_stage_and_their_name(world):
    first, second, third = (world[index] for index in (1, 4, 7))
    assert first.name.partition("_")[0] == second.name.partition("_")[0] != third.name.partition("_")[0]
    assert first.pixels.shape == second.pixels.shape
    free = (first.numbers == 0) & (second.numbers == 0)
    assert (first.stuff[free] == second.stuff[free]).mean() > 0.99


def test_streets_have_full_truth_with_sky_road_and_some_void(world):
    streets = [taken for taken in world if taken.domain == "driving"]
    seen = {STUFF[number] for taken in streets for number in np.unique(taken.stuff[taken.numbers == 0])}
    assert {"sky", "road", "building", "pavement", "void"} <= seen


def test_images_come_in_several_sizes():
    from demo.world import SIZES

    assert len(set(SIZES)) >= 4
    assert {taken.pixels.shape[:2] for taken in scenes(images=12, long_side=96)} != {(72, 96)}
