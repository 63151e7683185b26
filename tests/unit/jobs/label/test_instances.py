"""How `jobs.label.instances` joins annotations with their images and the taxonomy."""

from pathlib import Path

import pyarrow as pa
import pytest

from jobs.label.instances import LABEL_COLUMNS, label_annotations, label_counts
from lake.errors import UnmappedLabelError
from taxonomy.classes import Taxonomy
from taxonomy.label_maps import LabelMap
from taxonomy.labelling import LabelCount, Labelling
from taxonomy.tree import grow
from tests.support.annotation_tables import invented_annotations, invented_images

TAXONOMY = Taxonomy(grow({"thing": {"person": {}, "car": {}, "dog": {}}, "chair": {}, "sky": {}}), ("sky",), ("thing",))
COCO = {"person": "person", "car": "car", "dog": "dog", "chair": "chair", "sky": "sky", "crowd": ""}
ACME = {"pedestrian": "person", "automobile": "car", "Tree": "chair", "air": "sky"}
LABELLING = Labelling(TAXONOMY, {"coco": LabelMap("coco", COCO, {}), "acme": LabelMap("acme", ACME, {})}, Path("maps"))
IMAGES = invented_images(20, groups=6)
ANNOTATIONS = invented_annotations(IMAGES, 300, shapes=20)


def test_an_instance_takes_what_it_needs_from_its_image() -> None:
    instances = label_annotations(ANNOTATIONS, IMAGES, LABELLING).instances.to_pylist()
    images = {row["image_id"]: row for row in IMAGES.to_pylist()}
    for instance in instances:
        for column in ("group_id", "split", "uri", "orientation", "format", "mode", "licence"):
            assert instance[column] == images[instance["image_id"]][column]


def test_instances_come_in_the_order_of_their_annotations_unchanged() -> None:
    instances = label_annotations(ANNOTATIONS, IMAGES, LABELLING).instances
    for column in ("instance_id", "label", "geometry", "box_x", "area", "owns_centre", "source_ref"):
        assert instances.column(column).to_pylist() == ANNOTATIONS.column(column).to_pylist()


def test_crowds_void_regions_and_ignored_labels_have_no_class() -> None:
    instances = label_annotations(ANNOTATIONS, IMAGES, LABELLING).instances.to_pylist()
    expected = [row["is_crowd"] or row["is_void"] for row in ANNOTATIONS.to_pylist()]
    assert any(expected)
    assert [row["disposition"] == "ignored" and row["class_id"] == row["class_path"] == "" for row in instances] == expected


def test_dispositions_follow_the_taxonomy() -> None:
    instances = label_annotations(ANNOTATIONS, IMAGES, LABELLING).instances.to_pylist()
    found = {(row["customer"], row["label"], row["class_path"], row["disposition"]) for row in instances if row["class_id"]}
    assert found >= {
        ("coco", "person", "thing/person", "kept"),
        ("acme", "pedestrian", "thing/person", "kept"),
        ("acme", "air", "sky", "background"),
        ("acme", "Tree", "chair", "unapproved"),
    }


def test_each_customers_instances_carry_the_digest_of_their_own_map() -> None:
    instances = label_annotations(ANNOTATIONS, IMAGES, LABELLING).instances.to_pylist()
    assert {(row["customer"], row["taxonomy"]) for row in instances} == {(name, LABELLING.digest_for(name)) for name in ("coco", "acme")}


def test_an_annotation_whose_image_is_of_another_source_is_a_reject() -> None:
    of_coco = IMAGES.filter(pa.compute.equal(IMAGES.column("source"), "coco"))
    labelled = label_annotations(ANNOTATIONS, of_coco, LABELLING)
    assert len(labelled.instances) + len(labelled.rejects) == 300
    assert set(labelled.rejects.column("source").to_pylist()) == {"acme"}
    assert set(labelled.rejects.column("reason").to_pylist()) == {"missing-image"}
    assert len(set(labelled.rejects.column("reject_id").to_pylist())) == len(labelled.rejects)


def test_a_label_that_is_in_no_map_stops_the_stage() -> None:
    fewer = Labelling(TAXONOMY, {"coco": LABELLING.maps["coco"]}, Path("maps"))
    with pytest.raises(
        UnmappedLabelError, match=r"label '.*' of customer 'acme' is in no label map; run `centrepiece taxonomy suggest PIPELINE --write`"
    ):
        label_annotations(ANNOTATIONS, IMAGES, fewer)


def test_labels_are_counted_over_all_batches_without_crowds_and_void() -> None:
    counts = label_counts(ANNOTATIONS.select(LABEL_COLUMNS).to_batches(max_chunksize=37))
    objects = [row for row in ANNOTATIONS.to_pylist() if not row["is_crowd"] and not row["is_void"]]
    keys = sorted({(row["customer"], row["label"]) for row in objects})
    assert counts == [
        LabelCount(customer, label, sum((row["customer"], row["label"]) == (customer, label) for row in objects))
        for customer, label in keys
    ]
