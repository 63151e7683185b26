import json

import pytest
import yaml

from demo.init_coco import init_coco
from lake.errors import InputError
from lake.pipeline_file import load_pipeline
from taxonomy.classes import load_taxonomy
from taxonomy.label_maps import load_label_maps

BOX = [[0, 0, 4, 0, 4, 4, 0, 4]]


@pytest.fixture
def export(tmp_path):
    """Write a COCO file with the given categories, an image and an annotation of each."""

    def write(categories, **changes):
        folder = tmp_path / "export"
        (folder / "images").mkdir(parents=True, exist_ok=True)
        (folder / "images" / "a.png").write_bytes(b"not looked at")
        document = {
            "images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 8}],
            "annotations": [
                {"id": number, "image_id": 1, "category_id": category.get("id"), "segmentation": BOX, "iscrowd": 0}
                for number, category in enumerate(categories)
                if isinstance(category, dict)
            ],
            "categories": categories,
            **changes,
        }
        (folder / "instances.json").write_text(json.dumps(document))
        return folder / "instances.json", folder / "images"

    return write


def initialised(export, folder):
    pipeline = load_pipeline(init_coco(*export, folder))
    taxonomy = load_taxonomy(pipeline.taxonomy)
    return pipeline, taxonomy, load_label_maps(pipeline.label_maps, taxonomy.tree)


def test_supercategories_become_branches(export, tmp_path):
    categories = [
        {"id": 1, "name": "person", "supercategory": "person"},
        {"id": 2, "name": "traffic light", "supercategory": "outdoor"},
        {"id": 3, "name": "bench", "supercategory": "outdoor"},
    ]
    pipeline, taxonomy, maps = initialised(export(categories), tmp_path / "harbour")
    assert taxonomy.tree.paths == {"person": "person", "traffic_light": "outdoor/traffic_light", "bench": "outdoor/bench"}
    assert pipeline.sources[0].customer == "harbour"
    assert maps["harbour"].class_of("traffic light") == "traffic_light"


def test_ids_from_zero_and_no_supercategories_are_fine(export, tmp_path):
    _, taxonomy, _ = initialised(export([{"id": 0, "name": "shark"}, {"id": 1, "name": "fish", "supercategory": "none"}]), tmp_path / "sea")
    assert taxonomy.tree.paths == {"shark": "shark", "fish": "fish"}


def test_odd_names_get_clean_leaves_and_keep_their_labels(export, tmp_path):
    names = ["T-Shirt", "t shirt", "Fußgänger", "自転車", "yes", "3", "a/b", "!!!", "  spaced  "]
    categories = [{"id": number, "name": name} for number, name in enumerate(names)]
    _, taxonomy, maps = initialised(export(categories), tmp_path / "shop")
    leaves = [maps["shop"].class_of(name) for name in names]
    assert leaves == ["t_shirt", "t_shirt_2", "fussgänger", "自転車", "yes", "3", "a_b", "class_7", "spaced"]
    assert set(leaves) == set(taxonomy.tree.paths)


def test_two_categories_of_one_name_are_one_class(export, tmp_path):
    _, taxonomy, _ = initialised(export([{"id": 1, "name": "apple"}, {"id": 2, "name": "apple", "supercategory": "fruit"}]), tmp_path / "f")
    assert list(taxonomy.tree.paths) == ["apple"]


def test_a_supercategory_named_like_a_class_elsewhere_is_renamed(export, tmp_path):
    categories = [{"id": 0, "name": "sharks", "supercategory": "none"}, {"id": 1, "name": "fish", "supercategory": "sharks"}]
    _, taxonomy, _ = initialised(export(categories), tmp_path / "sea")
    assert taxonomy.tree.paths == {"sharks": "sharks", "fish": "sharks_kinds/fish"}


def test_stuff_goes_to_the_background(export, tmp_path):
    categories = [
        {"id": 1, "name": "dog", "supercategory": "animal"},
        {"id": 2, "name": "sky-other-merged", "supercategory": "sky"},
        {"id": 3, "name": "road", "supercategory": "ground"},
    ]
    path = init_coco(*export(categories), tmp_path / "park")
    document = yaml.safe_load((path.parent / "taxonomy" / "common.yaml").read_text())
    assert document["background"] == ["stuff"]
    assert set(document["classes"]["stuff"]) == {"sky_other_merged", "road"}
    assert document["approved"] == ["animal"]


def test_what_the_file_says_of_things_outweighs_their_names(export, tmp_path):
    categories = [{"id": 1, "name": "wall", "isthing": 1}, {"id": 2, "name": "flower", "isthing": 0}]
    path = init_coco(*export(categories), tmp_path / "park")
    document = yaml.safe_load((path.parent / "taxonomy" / "common.yaml").read_text())
    assert document["classes"] == {"wall": {}, "stuff": {"flower": {}}}


def test_paths_inside_the_folder_are_relative_and_others_absolute(export, tmp_path):
    annotations, images = export([{"id": 1, "name": "cup"}])
    outside = yaml.safe_load(init_coco(annotations, images, tmp_path / "out").read_text())["sources"][0]
    assert outside["annotations"] == str(annotations)
    inside = yaml.safe_load(init_coco(annotations, images, annotations.parent).read_text())["sources"][0]
    assert inside["annotations"] == "instances.json"
    assert inside["images"] == "images"


def test_as_many_crops_are_planned_as_the_objects_that_are_there_give(export, tmp_path):
    categories = [{"id": 1, "name": "cup"}, {"id": 2, "name": "sky"}]
    plain = {"image_id": 1, "category_id": 1, "segmentation": BOX}
    others = [{"image_id": 7}, {"category_id": 2}, {"category_id": 5}, {"segmentation": []}, {"iscrowd": 1}]
    records = [plain] * 50 + [{**plain, **other} for other in others for _ in range(1000)]
    images = [{"id": 1, "file_name": "a.png"}, {"id": 7, "file_name": "elsewhere.png"}]
    pipeline, _, _ = initialised(export(categories, images=images, annotations=records), tmp_path / "out")
    assert pipeline.balance.target == 2 * 30  # of 50 cups on the image that is there, six tenths are trained on
    assert "About 15 test instances" in (tmp_path / "out" / "gates.yaml").read_text()


def test_nothing_is_overwritten(export, tmp_path):
    found = export([{"id": 1, "name": "cup"}])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "pipeline.yaml").write_text("mine")
    with pytest.raises(InputError, match=r"pipeline\.yaml is already there"):
        init_coco(*found, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["pipeline.yaml"]


@pytest.mark.parametrize(
    ("categories", "changes", "message"),
    [
        ([], {}, "at least one category"),
        ([{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], {}, "share the id 1"),
        ([{"id": "1", "name": "a"}], {}, "whole number"),
        ([{"id": 1}], {}, "a name in text for category 1"),
        (["cat"], {}, r"categories\[0\] to be an object"),
        ([{"id": 1, "name": "a"}], {"images": []}, "file_name"),
        ([{"id": 1, "name": "a"}], {"images": [{"id": 1, "file_name": "b.png"}]}, "none of the 1 images"),
        ([{"id": 1, "name": "a"}], {"annotations": [{"segments_info": []}]}, "panoptic"),
        ([{"id": 1, "name": "a"}], {"annotations": [{"id": 1, "category_id": 9}]}, "does not fit together"),
    ],
)
def test_a_file_that_is_no_coco_instances_file_is_refused(export, tmp_path, categories, changes, message):
    found = export(categories, **changes)
    with pytest.raises(InputError, match=message):
        init_coco(*found, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_broken_json_and_missing_files_are_refused(export, tmp_path):
    annotations, images = export([{"id": 1, "name": "a"}])
    with pytest.raises(InputError, match="found none"):
        init_coco(tmp_path / "nowhere.json", images, tmp_path / "out")
    with pytest.raises(InputError, match="expected a folder of images"):
        init_coco(annotations, tmp_path / "nowhere", tmp_path / "out")
    annotations.write_text('{"categories": [')
    with pytest.raises(InputError, match="not readable JSON"):
        init_coco(annotations, images, tmp_path / "out")


def test_real_coco_files_initialise(data_folder, tmp_path):
    mini = data_folder / "coco" / "coco_mini"
    _, taxonomy, maps = initialised((mini / "annotations" / "instances_train2017.json", mini / "train2017"), tmp_path / "mini")
    assert len(taxonomy.tree.paths) == 80
    assert maps["mini"].class_of("traffic light") == "traffic_light"
    sharks = data_folder / "platform" / "roboflow" / "sharks-tiny-coco" / "test"
    initialised((sharks / "_annotations.coco.json", sharks), tmp_path / "sharks")
    twenty = data_folder / "coco" / "labelbox_coco20"
    initialised((twenty / "instances.json", twenty / "images"), tmp_path / "twenty")
