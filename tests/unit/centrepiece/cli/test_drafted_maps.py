"""A pipeline whose exports were never read gets its label maps drafted, and the doctor names the customers without one."""

import json
from pathlib import Path

import yaml
from typer.testing import CliRunner

from centrepiece.cli.app import app
from centrepiece.cli.examination import examine_label_maps
from lake.pipeline_file import load_pipeline


def _pipeline(folder: Path, customers: dict[str, dict[str, int]]) -> Path:
    """Write a pipeline of one COCO export a customer, with so many objects of each label."""
    sources = []
    for customer, labels in customers.items():
        names = list(labels)
        objects = [number for number, name in enumerate(names) for _ in range(labels[name])]
        square = [[1, 1, 5, 1, 5, 5]]
        document = {
            "images": [{"id": 1, "file_name": "a.png"}],
            "categories": [{"id": number, "name": name} for number, name in enumerate(names)],
            "annotations": [
                {
                    "id": index,
                    "image_id": 1,
                    "category_id": number,
                    "segmentation": square if index % 2 else {"size": [9, 9], "counts": [81]},
                }
                for index, number in enumerate(objects)
            ],
        }
        (folder / f"{customer}.json").write_text(json.dumps(document))
        sources.append(
            {"name": customer, "customer": customer, "domain": "d", "format": "coco", "scene": "partial", "annotations": f"{customer}.json"}
        )
    (folder / "common.yaml").write_text("version: 1\nclasses: {car: {}, truck: {}}\napproved: [car, truck]\n")
    (folder / "gates.yaml").write_text(
        "version: 1\nrules: [{stratum: all, metric: edge_overlap_f, beats: [box], margin: 0.01, min_instances: 5}]\n"
    )
    settings = {"name": "p", "store": "store", "taxonomy": "common.yaml", "label_maps": "maps", "gates": "gates.yaml", "sources": sources}
    (folder / "pipeline.yaml").write_text(yaml.safe_dump(settings))
    return folder / "pipeline.yaml"


def test_maps_of_several_customers_are_drafted_before_anything_is_ingested(tmp_path: Path) -> None:
    path = _pipeline(tmp_path, {"acme": {"lorry": 3, "zebra": 1}, "rapid": {"Cars": 2}})
    before = list(examine_label_maps(load_pipeline(path)))
    assert [(finding.level, finding.message.split()[1]) for finding in before] == [("fault", "acme"), ("fault", "rapid")]
    assert all("--write" in finding.mend for finding in before)

    said = CliRunner().invoke(app, ["taxonomy", "suggest", str(path), "--write"])
    assert said.exit_code == 0, said.output
    maps = {file.name: yaml.safe_load(file.read_text()) for file in (tmp_path / "maps").iterdir()}
    assert maps == {
        "acme.yaml": {"customer": "acme", "labels": {"lorry": "truck"}, "ignore": []},
        "rapid.yaml": {"customer": "rapid", "labels": {"Cars": "car"}, "ignore": []},
    }
    assert "# zebra: 1 instances" in (tmp_path / "maps" / "acme.yaml").read_text()
    assert [finding.level for finding in examine_label_maps(load_pipeline(path))] == ["good"]


def test_proposals_count_what_lies_in_the_exports(tmp_path: Path) -> None:
    path = _pipeline(tmp_path, {"acme": {"lorry": 5}})
    said = CliRunner().invoke(app, ["taxonomy", "suggest", str(path), "--json"])
    assert [(one["label"], one["count"]) for one in json.loads(said.stdout)] == [("lorry", 5)]
    assert not (tmp_path / "maps").exists()
