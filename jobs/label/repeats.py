"""Objects that two sources have labelled on one picture: the same class, in all but the same place."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from jobs.label.final_splits import pools_of
from taxonomy.labelling import Labelling

REPEAT_COLUMNS = (
    "image_id",
    "source",
    "customer",
    "label",
    "instance_id",
    "box_x",
    "box_y",
    "box_width",
    "box_height",
    "area",
    "is_crowd",
    "is_void",
)
"""What is read of an annotation."""
LEAST_OVERLAP = 0.9
"""Of two boxes (intersection over union), and of two areas (the lesser over the greater), from which objects count as one."""


class _Object(NamedTuple):
    image_id: str
    class_id: str
    source: str
    instance_id: str
    left: int
    top: int
    width: int
    height: int
    area: int


def shared_images(images: pa.Table, fixed: Mapping[str, str]) -> pa.Array:
    """Return the ids of the images that several sources have in one split.

    Args:
        images: `image_id`, `source` and `split` of all images that are used.
        fixed: Split by source; see `jobs.label.final_splits`.
    """
    found = []
    for _, rows in pools_of(images, fixed):
        counts = rows.column("image_id").value_counts().to_pylist()
        found += [pair["values"] for pair in counts if pair["counts"] > 1]
    return pa.array(found, pa.string())


def repeated_objects(
    annotations: Iterable[pa.RecordBatch], shared: pa.Array, fixed: Mapping[str, str], labelling: Labelling
) -> dict[str, str]:
    """Find the objects that an earlier source, by name, has labelled as well; in one source nothing is repeated.

    Args:
        annotations: Batches with at least REPEAT_COLUMNS.
        shared: Ids of the images that several sources have.
        fixed: Split by source: only objects of one split are compared.
        labelling: The taxonomy and the label maps.

    Returns:
        The instance that stands, by the instance that repeats it.
    """
    if not len(shared):
        return {}
    objects: list[tuple[str, _Object]] = []
    for batch in annotations:
        for row in batch.filter(pc.is_in(batch.column("image_id"), shared)).to_pylist():
            made = _object(row, labelling)
            if made is not None:
                objects.append((fixed.get(made.source, ""), made))
    repeated: dict[str, str] = {}
    for _, group in groupby(sorted(objects), key=lambda one: (one[0], one[1].image_id, one[1].class_id)):
        standing: list[_Object] = []
        for _, one in group:
            same = next((other for other in standing if other.source != one.source and _is_same(one, other)), None)
            if same is None:
                standing.append(one)
            else:
                repeated[one.instance_id] = same.instance_id
    return repeated


def _object(row: Mapping[str, Any], labelling: Labelling) -> _Object | None:
    meaning = None if row["is_crowd"] or row["is_void"] else labelling.meaning(row["customer"], row["label"])
    if meaning is None or not meaning.class_id:
        return None
    left, top, width, height = (row[f"box_{side}"] for side in ("x", "y", "width", "height"))
    return _Object(row["image_id"], meaning.class_id, row["source"], row["instance_id"], left, top, width, height, row["area"])


def _is_same(one: _Object, other: _Object) -> bool:
    wide = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    high = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    inside = max(0, wide) * max(0, high)
    joined = one.width * one.height + other.width * other.height - inside
    areas = sorted((one.area, other.area))
    return inside >= LEAST_OVERLAP * joined and areas[0] >= LEAST_OVERLAP * areas[1]
