import json

import cv2
import numpy as np
import pytest
from pycocotools.coco import COCO

from demo.catalogue import STUFF
from demo.customers import ACME, ATLAS, CUSTOMERS, RAPID
from demo.exports.coco import write_coco
from demo.exports.label_png import class_list, write_label_png
from demo.exports.scale import index_png, label_mapping, write_scale
from demo.shots import shots

# pycocotools 2.0 predates the copy keyword of NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

IMAGES = 45


def taken(customer):
    return list(shots(customer.domain, images=IMAGES, long_side=180))


@pytest.fixture(scope="module")
def everyday():
    return taken(ATLAS)


def test_customers_name_the_same_things_differently():
    assert ATLAS.labels["bicycle"] == "bicycle"
    assert ACME.labels["bicycle"] == "Bike"
    assert ATLAS.labels["mug"] != RAPID.labels["mug"]
    assert len({customer.domain for customer in CUSTOMERS}) == 3


def test_coco_masks_equal_the_truth_pixel_for_pixel(everyday, tmp_path):
    path = write_coco(tmp_path, ATLAS, everyday)
    coco = COCO(str(path))
    assert len(coco.imgs) == len(everyday)
    for image_id, shot in zip(sorted(coco.imgs), everyday, strict=True):
        assert (tmp_path / "images" / coco.imgs[image_id]["file_name"]).read_bytes() == shot.photograph.data
        assert (coco.imgs[image_id]["height"], coco.imgs[image_id]["width"]) == shot.scene.numbers.shape
        records = coco.imgToAnns[image_id]
        for record, thing in zip(records, shot.scene.things, strict=True):
            np.testing.assert_array_equal(coco.annToMask(record).astype(bool), thing.mask)
            assert record["bbox"] == list(thing.box)
            assert record["area"] == thing.area
            assert record["iscrowd"] == thing.is_crowd
            assert coco.cats[record["category_id"]]["name"] == ATLAS.labels[thing.kind]


def test_coco_holds_polygons_of_several_parts_and_both_kinds_of_run_lengths(everyday, tmp_path):
    records = json.loads(write_coco(tmp_path, ATLAS, everyday).read_text())["annotations"]
    shapes = [record["segmentation"] for record in records]
    assert any(isinstance(shape, list) and len(shape) > 1 for shape in shapes)
    kinds = {type(shape["counts"]) for shape in shapes if isinstance(shape, dict)}
    assert kinds == {str, list}
    assert all(isinstance(record["segmentation"]["counts"], list) for record in records if record["iscrowd"])


def test_label_images_give_every_pixel_its_class(tmp_path):
    streets = taken(ACME)
    labels = write_label_png(tmp_path, ACME, streets)
    classes = json.loads((tmp_path / "classes.json").read_text())
    names = {entry["id"]: entry for entry in classes["classes"]}
    assert names[classes["ignore_index"]]["kind"] == "void"
    for shot in streets:
        image = cv2.imread(str(labels / f"{shot.scene.name}.png"), cv2.IMREAD_UNCHANGED)
        assert image.shape == shot.scene.numbers.shape
        for thing in shot.scene.things:
            found = {names[number]["name"] for number in np.unique(image[thing.mask])}
            assert found - {"Unlabelled"} <= {ACME.labels[thing.kind]}
            assert found == {ACME.labels[thing.kind]} or _largest_part_of(thing.mask) < thing.area
        bare = shot.scene.numbers == 0
        for number in np.unique(shot.scene.stuff[bare]):
            here = {names[value]["name"] for value in np.unique(image[bare & (shot.scene.stuff == number)])}
            assert here == {ACME.stuff.get(STUFF[number], "Unlabelled")}


def _largest_part_of(mask):
    _, _, facts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return facts[1:, cv2.CC_STAT_AREA].max()


def test_the_class_list_has_camvids_form():
    entries = class_list(ACME)["classes"]
    assert [entry["id"] for entry in entries] == list(range(len(entries)))
    assert {entry["kind"] for entry in entries} == {"stuff", "thing", "void"}
    assert all(set(entry) == {"id", "name", "rgb", "kind"} and len(entry["rgb"]) == 3 for entry in entries)


def test_scale_indices_are_the_instances(tmp_path):
    shop = taken(RAPID)
    tasks = json.loads(write_scale(tmp_path, RAPID, shop).read_text())
    for task, shot in zip(tasks, shop, strict=True):
        assert (tmp_path / task["params"]["attachment"]).is_file()
        response = task["response"]
        indices = cv2.imread(str(tmp_path / response["annotations"]["combined"]["indexedImage"]), cv2.IMREAD_UNCHANGED)
        for kind in {thing.kind for thing in shot.scene.things}:
            masks = [thing.mask for thing in shot.scene.things if thing.kind == kind]
            for entry, mask in zip(response["labelMapping"][RAPID.labels[kind]], masks, strict=True):
                np.testing.assert_array_equal(indices == entry["index"], mask)


def test_many_instances_need_the_extended_index_image():
    indices = np.array([[0, 255], [256, 70_000]], np.uint32)
    image = cv2.imdecode(np.frombuffer(index_png(indices), np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(np.uint32)
    np.testing.assert_array_equal(image[..., 0] + 256 * image[..., 1] + 65536 * image[..., 2], indices)


def test_unlabelled_stuff_has_index_zero():
    shot = taken(RAPID)[0]
    mapping, indices = label_mapping(shot.scene, RAPID)
    unlabelled = (shot.scene.numbers == 0) & np.isin(shot.scene.stuff, [STUFF.index(name) for name in STUFF if name not in RAPID.stuff])
    assert not indices[unlabelled].any()
    assert set(mapping) <= {*RAPID.labels.values(), *RAPID.stuff.values()}
