"""Which sources look like video whose frames were dealt apart."""

import re
from collections.abc import Iterable

import pyarrow as pa
import pytest

from jobs.label.frames import frame_notes
from lake.configuration import Source, Splits
from lake.splits import split_of

SPLITS = Splits(train=0.8, val=0.1, test=0.1)


def images(names: Iterable[str], group_by: str | None = None) -> pa.Table:
    rows = []
    for name in names:
        found = re.search(group_by, name) if group_by else None
        rows.append({"source": "s", "uri": f"/data/{name}", "split": split_of(found["group"] if found else name, SPLITS)})
    return pa.Table.from_pylist(rows)


VIDEOS = {
    "several drives": [f"drive{drive}_{frame:06d}.png" for drive in range(4) for frame in range(30, 1500, 30)],
    "a folder a video": [f"video{video}/{frame:04d}.jpg" for video in range(5) for frame in range(60)],
    "one long video": [f"frame-{frame:05d}.jpg" for frame in range(400)],
}


@pytest.mark.parametrize("kind", VIDEOS)
def test_frames_beside_training_are_told_and_the_proposal_mends_it(kind: str) -> None:
    (note,) = frame_notes(images(VIDEOS[kind]), ())
    assert "source 's' looks like video" in note
    proposed = note.partition("`group_by: '")[2].removesuffix("'`")
    assert Source.model_validate(
        {"name": "s", "customer": "c", "domain": "d", "format": "coco", "scene": "full", "annotations": "a", "group_by": proposed}
    )
    assert frame_notes(images(VIDEOS[kind], proposed), ()) == []


def test_numbers_that_are_ids_and_names_without_numbers_are_no_video() -> None:
    ids = [f"{number * number * 7919 % 581921:012d}.jpg" for number in range(400)]
    assert frame_notes(images([*ids, *(f"{chr(97 + at % 26) * (at % 40 + 1)}.png" for at in range(300))]), ()) == []


def test_a_source_with_a_group_by_or_a_split_is_left_alone() -> None:
    assert frame_notes(images(VIDEOS["one long video"]), {"s"}) == []
