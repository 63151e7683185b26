"""Records become rows; duplicates, and what lies on a rejected image, become rejects."""

from collections import Counter

import numpy as np
import pytest

from imaging.images import ImageHeader
from jobs.ingest.annotate import without_duplicates
from jobs.ingest.export_plan import pack
from jobs.ingest.image_files import ImageFile, SoundImage
from jobs.ingest.image_table import by_name, export_images, reject_repeated_refs
from jobs.ingest.write_shards import rejected_rows
from jobs.sources.records import Bitmap, LabelledObject, ListedImage, Rejected, Unit
from lake.configuration import Source, Splits
from lake.contracts import Annotation, Image
from lake.digests import digest
from lake.errors import ConfigurationError
from lake.reasons import Reason
from lake.schemas import arrow_schema
from tests.support.plain_ingest import annotate

SOURCE = Source(name="s", customer="c", domain="d", format="coco", scene="partial", annotations="a", licence="CC0")
SQUARE = Bitmap(np.ones((2, 2), bool))


def sound(name: str, image_id: str = "ab", ref: str | None = None) -> SoundImage:
    header = ImageHeader("png", "RGB", 8, 6, 1)
    return SoundImage(ListedImage(ref or f":image {name}", name, f"{name}.png"), ImageFile(image_id, header), f"/x/{name}.png")


def labelled(ref: str, image: str = "1", label: str = "dog", geometry: Bitmap = SQUARE) -> LabelledObject:
    return LabelledObject(ref, image, label, geometry)


def test_every_record_ends_in_one_of_the_two_tables() -> None:
    gone = Rejected(":image 2", Reason.MISSING_IMAGE, "no file", image="2")
    images = by_name([sound("1"), gone])
    records: list[LabelledObject | Rejected] = [
        labelled(":1"),
        labelled(":2", image="2"),
        labelled(":3", image="9"),
        labelled(":4", geometry=Bitmap(np.zeros((1, 1), bool))),
        Rejected(":5", Reason.BOX_ONLY, "box"),
    ]
    outcomes = annotate(records, images, SOURCE)
    assert outcomes.found == 5
    assert outcomes.annotations.column("source_ref").to_pylist() == [":1"]
    assert Counter(reject.reason.value for reject in outcomes.rejected) == {
        "box-only": 1,
        "empty-geometry": 1,
        "missing-image": 1,
        "unlisted-image": 1,
    }
    assert outcomes.annotations.schema == arrow_schema(Annotation)
    assert rejected_rows(outcomes.rejected, "s").num_rows == 4


def test_equal_objects_of_one_image_are_kept_once_whatever_their_order() -> None:
    images = by_name([sound("1"), sound("2"), sound("3", image_id="cd")])
    records = [
        labelled(":3"),
        labelled(":1", image="2"),
        labelled(":4", label="cat"),
        labelled(":5", image="3"),
        labelled(":2"),
    ]
    for order in (records, records[::-1]):
        kept, rejected = without_duplicates(annotate(order, images, SOURCE).annotations)
        assert set(kept.column("source_ref").to_pylist()) == {":1", ":4", ":5"}
        assert sorted((reject.ref, reject.reason) for reject in rejected) == [
            (":2", Reason.DUPLICATE_RECORD),
            (":3", Reason.DUPLICATE_RECORD),
        ]
        keys = [(row["image_id"], row["instance_id"]) for row in kept.to_pylist()]
        assert keys == sorted(keys)


def test_an_instance_is_named_by_the_digest_of_its_content() -> None:
    (row,) = annotate([labelled(":1", label='d"o\u00e9\n\x7fg')], by_name([sound("1")]), SOURCE).annotations.to_pylist()
    assert row["instance_id"] == digest("s", ":1", "ab", row["label"], row["geometry"])


def test_equal_rejects_have_distinct_keys_and_long_details_are_cut() -> None:
    rows = rejected_rows([Rejected(":1", Reason.DUPLICATE_ID, "x" * 9999)] * 3, "s").to_pylist()
    assert len({row["reject_id"] for row in rows}) == 3
    assert all(len(row["detail"]) == 300 for row in rows)


def test_an_image_that_is_listed_twice_is_one_row_and_one_reject() -> None:
    found = export_images([[sound("1"), sound("2")], [sound("3", image_id="cd")]], SOURCE, Splits())
    assert found.rows.column("image_id").to_pylist() == ["ab", "cd"]
    assert [(reject.ref, reject.reason) for reject in found.rejected] == [(":image 2", Reason.DUPLICATE_RECORD)]
    assert found.rows.schema == arrow_schema(Image)


def test_a_second_record_with_the_id_of_a_first_takes_its_objects_along() -> None:
    ((first,), (second,)) = reject_repeated_refs([[sound("1")], [sound("1", image_id="cd")]])
    assert isinstance(first, SoundImage)
    assert isinstance(second, Rejected)
    assert second.reason is Reason.DUPLICATE_ID
    assert annotate([labelled(":1")], by_name([second]), SOURCE).rejected[0].reason is Reason.DUPLICATE_ID


def test_images_of_one_group_share_a_split_and_a_name_without_group_is_refused() -> None:
    grouped = SOURCE.model_copy(update={"group_by": "^(?P<group>[a-z]+)_"})
    names = [f"{group}_{number}" for group in "abcdefgh" for number in range(6)]
    rows = export_images([[sound(name, image_id=name) for name in names]], grouped, Splits(train=0.5, val=0.25, test=0.25)).rows.to_pylist()
    splits = {group: {row["split"] for row in rows if row["group_id"] == group} for group in "abcdefgh"}
    assert all(len(found) == 1 for found in splits.values())
    assert len(set.union(*splits.values())) > 1
    with pytest.raises(ConfigurationError, match=r"finds no group in the image name '17\.png'"):
        export_images([[sound("17")]], grouped, Splits())


def test_units_are_packed_in_order_to_even_weight() -> None:
    units = [Unit(str(number), None, weight) for number, weight in enumerate([3, 3, 3, 10, 1, 1])]
    assert pack(units, weight=6) == [range(2), range(2, 3), range(3, 4), range(4, 6)]
    assert pack([], weight=6) == []
