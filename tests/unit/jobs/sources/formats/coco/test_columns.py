"""Annotations read as columns are those that a JSON parser gives; whatever is not plain is left to it."""

import json
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.sources.formats.coco.columns import AnnotationColumns, read_columns

TRIANGLE = [[1, 1, 5.25, 1, 5, -5]]
PLAIN = {"id": 3, "image_id": 7, "category_id": 2, "segmentation": TRIANGLE, "bbox": [1, 1, 4, 4], "area": 12.5, "note": "a b"}


def columns(*texts: str) -> AnnotationColumns:
    data = np.frombuffer(",".join(texts).encode(), np.uint8)
    sizes = np.array([len(text.encode()) for text in texts])
    ends = np.cumsum(sizes + 1) - 1
    return read_columns(data, ends - sizes, ends)


def changed(**changes: Any) -> str:
    return json.dumps({**PLAIN, **changes})


def rings_of(found: AnnotationColumns, index: int) -> list[list[float]]:
    bounds = found.rings[found.objects[index] : found.objects[index + 1] + 1]
    return [found.points[begin:end].tolist() for begin, end in pairwise(bounds.tolist())]


def test_plain_annotations_are_read_beside_others() -> None:
    two = [[0, 0, 1, 0, 1, 1], [2.5, 2, 3, 2, 3, 3, 2, 3]]
    found = columns(changed(iscrowd=1), "5", changed(segmentation={"counts": [1], "size": [1, 1]}), changed(id=9, segmentation=two))
    assert found.regular.tolist() == [True, False, False, True]
    assert (found.ids[0], found.image_ids[0], found.category_ids[0], found.is_crowd[0]) == (3, 7, 2, True)
    assert (found.ids[3], found.is_crowd[3]) == (9, False)
    assert [rings_of(found, index) for index in range(4)] == [TRIANGLE, [], [], two]


@pytest.mark.parametrize(
    "text",
    [
        changed(segmentation=[]),
        changed(segmentation=[[1, 1, 5, 5]]),
        changed(segmentation=[[1, 1, 5, 1, 5, 5, 1]]),
        changed(segmentation=[[1, 1, 5, 1, 5, 5], 4]),
        changed(segmentation=[[1, 1, 5, 1, 5, "5"]]),
        changed(id="3"),
        changed(id=3.0),
        changed(image_id=None),
        changed(category_id=True),
        changed(iscrowd=True),
        changed(attributes={"occluded": False}),
        changed(note="\u00e9"),
        changed(note='"'),
        json.dumps({key: value for key, value in PLAIN.items() if key != "id"}),
        changed()[:-1] + ', "id": 4}',
        changed()[:-1] + ', "segmentation": [[1, 1, 9, 1, 9, 9]]}',
        changed()[:-1],
        changed()[:-1] + ",}",
        changed() + "}",
        changed().replace("12.5", "12."),
        changed().replace("12.5", "012.5"),
        changed().replace("12.5", "1.25e1"),
        changed().replace("12.5", "NaN"),
        changed().replace("5.25", "5.2500000000000001"),
        changed().replace("5.25, 1", "5.25, 1,"),
        changed().replace("5.25, 1", "5.25 1"),
        changed().replace('"area":', '"area"'),
        changed().replace('"id"', '"\\u0069d"'),
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(text: str) -> None:
    found = columns(text, changed(id=5))
    assert found.regular.tolist() == [False, True]
    assert rings_of(found, 1) == TRIANGLE


@given(
    st.lists(
        st.lists(
            st.decimals(-(10**7), 10**7, places=4, allow_nan=False).map(str) | st.integers(-(10**9), 10**9).map(str),
            min_size=6,
            max_size=12,
        ).filter(lambda ring: len(ring) % 2 == 0),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(["", " ", "\n\t", "\r"]),
)
@settings(max_examples=60, deadline=None)
def test_numbers_are_the_parsers_to_the_last_bit(rings: list[list[str]], blank: str) -> None:
    shape = "[" + ",".join(f"{blank}[{(blank + ',').join(ring)}{blank}]" for ring in rings) + f"{blank}]"
    text = f'{{{blank}"segmentation"{blank}:{blank}{shape},"id":1,"image_id":-2,"category_id":0{blank}}}'
    found = columns(text)
    assert found.regular.tolist() == [True]
    assert rings_of(found, 0) == [[float(number) for number in ring] for ring in orjson.loads(text)["segmentation"]]
