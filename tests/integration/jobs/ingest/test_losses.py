"""A customer does not vanish by accident: losses above the limits stop the source, and nothing else."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from jobs.workers import InProcess
from lake.configuration import Pipeline
from lake.errors import ConfigurationError, SourceLossError
from lake.lake import Lake, open_lake
from lake.publishing.stage_report import StageReport
from stages.runner import run_stage
from tests.support.small_sources import numbered, pipeline_of, write_export


def ingest(pipeline: Pipeline, **arguments: Any) -> StageReport:
    return run_stage("ingest", pipeline, workers=InProcess(), **arguments)


def standing(lake: Lake) -> dict[str, int]:
    sources = lake.read("images", columns=["source"]).column(0).to_pylist() if lake.has("images") else []
    return {source: sources.count(source) for source in sorted(set(sources))}


@pytest.mark.parametrize("complete", [True, False])
def test_an_unmounted_folder_of_images_stops_its_source_and_no_other(tmp_path: Path, complete: bool) -> None:
    write_export(tmp_path / "a", numbered(5))
    write_export(tmp_path / "b", numbered(5, first=10))
    pipeline = pipeline_of(tmp_path, "a", "b", stanzas={"a": {"complete": complete}})
    ingest(pipeline)
    shutil.move(tmp_path / "a/images", tmp_path / "away")
    (tmp_path / "a/images").mkdir()
    write_export(tmp_path / "b", numbered(6, first=10))
    wanted = r"'a': 5 of 5 image records \(100%\) .*missing-image; e\.g\. no file '.*' below .*a/images; limits.rejected.*--accept-losses a"
    with pytest.raises(SourceLossError, match=wanted):
        ingest(pipeline)
    assert standing(open_lake(pipeline)) == {"a": 5, "b": 6}
    shutil.rmtree(tmp_path / "a/images")
    shutil.move(tmp_path / "away", tmp_path / "a/images")
    assert ingest(pipeline).skipped  # what stood is what the export says


def test_what_is_wrong_with_objects_is_told_by_an_example(tmp_path: Path) -> None:
    write_export(tmp_path / "a", numbered(4))
    (path,) = (tmp_path / "a").glob("*.json")
    document = json.loads(path.read_text())
    for record in document["annotations"]:
        record["category_id"] = 77
    path.write_text(json.dumps(document))
    with pytest.raises(SourceLossError, match=r"4 of 4 object records .*unknown-category; e\.g\. category_id 77 is not in the list"):
        ingest(pipeline_of(tmp_path, "a"))


def test_every_source_that_stops_is_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_export(tmp_path / name, numbered(2))
        shutil.rmtree(tmp_path / name / "images")
        (tmp_path / name / "images").mkdir()
    with pytest.raises(SourceLossError, match=r"source 'a': .*; source 'b': "):
        ingest(pipeline_of(tmp_path, "a", "b"))


def test_a_loss_that_is_accepted_is_published_and_on_record(tmp_path: Path) -> None:
    write_export(tmp_path / "a", numbered(4))
    (tmp_path / "a/images/p0.png").unlink()
    pipeline = pipeline_of(tmp_path, "a")
    with pytest.raises(SourceLossError, match="1 of 4 image records"):
        ingest(pipeline)
    report = ingest(pipeline, accept_losses=["a"])
    assert report.details["sources"]["a"]["accepted_losses"] == {"rejected": ["1 of 4 image records", "1 of 4 object records"]}
    assert ingest(pipeline).skipped  # what was accepted once is not asked again
    with pytest.raises(ConfigurationError, match="'c'"):
        ingest(pipeline, accept_losses=["c"])


def test_limits_of_a_source_go_before_those_of_all_and_change_no_key(tmp_path: Path) -> None:
    write_export(tmp_path / "a", numbered(4))
    (tmp_path / "a/images/p0.png").unlink()
    first = ingest(pipeline_of(tmp_path, "a", stanzas={"a": {"limits": {"rejected": 0.25}}}, limits={"rejected": 0.0}))
    assert first.rejected == {"missing-image": 2}
    assert ingest(pipeline_of(tmp_path, "a", limits={"rejected": 1})).skipped


def test_what_a_complete_export_leaves_out_counts_and_a_corrected_mask_does_not(tmp_path: Path) -> None:
    write_export(tmp_path / "a", numbered(10))
    pipeline = pipeline_of(tmp_path, "a", stanzas={"a": {"complete": True}})
    ingest(pipeline)
    write_export(tmp_path / "a", numbered(10, squares=(("dog", 5, 30),)))
    assert not ingest(pipeline).skipped
    replaced = numbered(7) | {f"new{number}.png": (100 + number, (("cat", 10, 20),)) for number in range(3)}
    write_export(tmp_path / "a", replaced)
    with pytest.raises(SourceLossError, match=r"3 of 10 images \(30%\) and 3 of 10 annotations \(30%\) that stand would go"):
        ingest(pipeline)
    assert standing(open_lake(pipeline)) == {"a": 10}


def test_an_empty_export_withdraws_nothing(tmp_path: Path) -> None:
    write_export(tmp_path / "a", numbered(2))
    pipeline = pipeline_of(tmp_path, "a", stanzas={"a": {"complete": True}}, limits={"vanished": 0.9})
    ingest(pipeline)
    empty: dict[str, list[str]] = {"images": [], "annotations": [], "categories": []}
    (tmp_path / "a/instances.json").write_text(json.dumps(empty), encoding="utf-8")
    for accepted in (None, ["a"]):
        with pytest.raises(SourceLossError, match=r"its export is empty, and 2 of 2 images .* `centrepiece withdraw PIPELINE source:a`"):
            ingest(pipeline, accept_losses=accepted)
    assert standing(open_lake(pipeline)) == {"a": 2}
