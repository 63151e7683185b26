import hashlib
import json
from collections import Counter

import pytest
import yaml

from demo.customers import CUSTOMERS
from demo.pipeline_files import pipeline_text
from demo.world import scene_name
from demo.write import write_demo
from lake.configuration import Splits
from lake.errors import InputError
from lake.pipeline_file import load_pipeline
from lake.splits import split_of
from taxonomy.classes import load_taxonomy
from taxonomy.label_maps import load_label_maps


def write(folder, images=6, **arguments):
    return write_demo(folder, images=images, long_side=120, **arguments)


def contents(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_the_same_arguments_leave_the_same_bytes(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b")
    first = contents(tmp_path / "a")
    assert first == contents(tmp_path / "b")
    write(tmp_path / "a")
    assert contents(tmp_path / "a") == first


def test_another_seed_leaves_other_images(tmp_path):
    write(tmp_path / "a")
    write(tmp_path / "b", seed=8)
    assert contents(tmp_path / "a")["coco/instances.json"] != contents(tmp_path / "b")["coco/instances.json"]


def test_the_pipeline_file_loads_and_every_export_it_names_is_there(tmp_path):
    pipeline = load_pipeline(write(tmp_path / "demo"))
    assert {source.format for source in pipeline.sources} == {"coco", "label-png", "scale"}
    assert len({source.domain for source in pipeline.sources}) == 3
    for source in pipeline.sources:
        for path in (source.annotations, source.images, source.classes):
            assert path is None or (tmp_path / "demo" / path).exists()
    assert pipeline.gates.is_file()


def test_the_label_maps_hold_every_label_and_the_taxonomy_drops_stuff(tmp_path):
    pipeline = load_pipeline(write(tmp_path / "demo"))
    taxonomy = load_taxonomy(pipeline.taxonomy)
    maps = load_label_maps(pipeline.label_maps, taxonomy.tree)
    for customer in CUSTOMERS:
        for kind, label in (*customer.labels.items(), *customer.stuff.items()):
            assert maps[customer.name].class_of(label) == kind
    classes = json.loads((tmp_path / "demo" / "drive" / "classes.json").read_text())["classes"]
    assert all(maps["acme"].class_of(entry["name"]) is not None for entry in classes)


def test_a_smaller_demo_leaves_no_image_of_the_larger_one(tmp_path):
    write(tmp_path / "demo", images=12)
    write(tmp_path / "demo", images=6)
    write(tmp_path / "fresh", images=6)
    left, fresh = contents(tmp_path / "demo"), contents(tmp_path / "fresh")
    assert {name for name in left if "/" in name} == {name for name in fresh if "/" in name}


def test_what_a_user_changed_in_the_configuration_stays(tmp_path):
    path = write(tmp_path / "demo")
    document = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**document, "name": "mine"}))
    write(tmp_path / "demo")
    assert load_pipeline(path).name == "mine"


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not empty"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_demo_without_an_image_of_each_domain_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least 3"):
        write(tmp_path / "demo", images=2)


def test_splits_leave_every_domain_eight_test_images(tmp_path):
    """The salt was chosen for the demo's 60 images; their names decide, so that no change of the renderer moves them."""
    splits = Splits(**yaml.safe_load(pipeline_text(images=60))["splits"])
    tested = Counter(scene_name[0] for scene_name in names(60) if split_of(group_of(scene_name), splits) == "test")
    assert tested == {"e": 8, "s": 8, "r": 8}
    assert set(Counter(scene_name[0] for scene_name in names(12) if split_of(group_of(scene_name), splits) == "test")) == {"e", "s", "r"}


def names(images):
    return [scene_name(index) for index in range(images)]


def group_of(name):
    return name.partition("_")[0]
