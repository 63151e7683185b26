"""Many masks described at once have the properties and the counts that they have one by one."""

from itertools import pairwise

import numpy as np

from imaging.masks.masks import encode
from imaging.masks.properties import PROPERTIES, describe_runs
from imaging.masks.rle import parse_counts
from tests.support.mask_oracles import mask_properties


def test_a_batch_is_described_as_its_masks_are_one_by_one() -> None:
    random = np.random.default_rng(3)
    bitmaps = [random.random(shape) < random.choice([0.1, 0.4, 0.6, 0.9]) for shape in random.integers(1, 30, (300, 2)).tolist()]
    bitmaps += [np.zeros((3, 4), bool), np.ones((4, 3), bool)]
    texts = [encode(bitmap) for bitmap in bitmaps]
    runs = [parse_counts(text, *bitmap.shape) for text, bitmap in zip(texts, bitmaps, strict=True)]
    offsets = np.cumsum([0, *map(len, runs)])
    heights = np.array([len(bitmap) for bitmap in bitmaps])
    properties, characters, ends = describe_runs(np.concatenate(runs), offsets, heights)
    assert [characters[begin:end].tobytes().decode() for begin, end in pairwise(ends.tolist())] == texts
    for row, text, bitmap in zip(properties.tolist(), texts, bitmaps, strict=True):
        alone = mask_properties(text, *bitmap.shape)
        assert row == [int(getattr(alone, name)) for name in PROPERTIES]
