"""What counts as lost between two publications of a source."""

import pyarrow as pa

from jobs.ingest.losses import Loss, image_losses


def images(*rows: tuple[str, str]) -> pa.Table:
    return pa.table({"image_id": [row[0] for row in rows], "uri": [row[1] for row in rows]})


def test_more_objects_elsewhere_make_up_for_none_that_are_gone() -> None:
    both = images(("1", "a"), ("2", "b"))
    assert image_losses(both, {"1": 3, "2": 1}, both, {"1": 1, "2": 9}) == (Loss("images", 0, 2), Loss("annotations", 2, 4))


def test_an_image_stands_under_its_bytes_or_its_address() -> None:
    before, after = images(("1", "a"), ("2", "b"), ("3", "c")), images(("1", "moved"), ("9", "b"))
    assert image_losses(before, {"1": 1, "2": 2, "3": 4}, after, {"1": 1, "9": 2}) == (Loss("images", 1, 3), Loss("annotations", 4, 7))
