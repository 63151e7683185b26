"""Which sources a pipeline uses: those that it names, less what was withdrawn, each picture once and in the split that its source says."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from centrepiece.cli.examination import examine_other_sources
from jobs.withdrawing import TrainedModel, models_trained_on, withdraw_rows
from jobs.workers import InProcess
from lake.configuration import Pipeline
from lake.contracts import Model
from lake.errors import ConfigurationError, ContractError
from lake.lake import Lake, open_lake
from lake.maintenance.doctor import examine
from lake.publishing.stage_report import StageReport
from lake.schemas import table_of
from lake.withdrawals import Withdrawn, read_withdrawn, record_decision, usable_training_rows
from stages.runner import run_stage
from tests.support.planned_lake import publish_rows
from tests.support.small_sources import ONE_CAT, SIDE, Squares, numbered, pipeline_of, write_export

ALL_TRAIN = {"train": 1.0, "val": 0.0, "test": 0.0}


def run(pipeline: Pipeline, *stages: str) -> dict[str, StageReport]:
    names = stages or ("ingest", "label", "balance", "crop")
    reports = {name: run_stage(name, pipeline, workers=InProcess()) for name in names}
    for report in reports.values():
        assert report.rows_in == report.rows_out + sum(report.rejected.values())
    return reports


def sources_in(lake: Lake, table: str) -> dict[str, int]:
    return dict(sorted(Counter(lake.read(table, columns=["source"]).column(0).to_pylist()).items()))


def splits_in(lake: Lake) -> dict[str, dict[str, int]]:
    rows = lake.read("instances", columns=["source", "split"]).to_pylist()
    return {source: dict(Counter(row["split"] for row in rows if row["source"] == source)) for source in {row["source"] for row in rows}}


def test_a_source_that_the_pipeline_names_no_more_leaves_every_later_table_and_that_is_said(tmp_path: Path) -> None:
    write_export(tmp_path / "a", numbered(3))
    write_export(tmp_path / "b", numbered(2, first=10))
    both, one = (pipeline_of(tmp_path, *names, splits=ALL_TRAIN) for names in (("a", "b"), ("a",)))
    run(both, "ingest", "label")
    assert sources_in(open_lake(both), "instances").keys() == {"a", "b"}
    (tmp_path / "maps/b.yaml").unlink()  # its labels need no map any more
    reports = run(one)
    lake = open_lake(one)
    assert [sources_in(lake, table).keys() for table in ("instances", "crops")] == [{"a"}, {"a"}]
    assert set(lake.read("balance").column("customer").to_pylist()) == {"a"}
    assert "source 'b' is not in the pipeline: its 2 images and 2 annotations" in reports["label"].notes[0]
    assert run(one, "label")["label"].notes == reports["label"].notes  # said again where nothing is done
    (finding,) = examine_other_sources(one)
    assert (finding.level, finding.what) == ("note", "source b")


def test_another_pipeline_never_writes_to_the_store(tmp_path: Path) -> None:
    write_export(tmp_path / "a", numbered(2))
    write_export(tmp_path / "b", numbered(2, first=10))
    run(pipeline_of(tmp_path, "a", splits=ALL_TRAIN), "ingest", "label")
    for stage in ("ingest", "label"):
        with pytest.raises(ConfigurationError, match=r"belongs to pipeline 'small', and pipeline 'other' would overwrite"):
            run(pipeline_of(tmp_path, "b", name="other"), stage)
    assert sources_in(open_lake(pipeline_of(tmp_path, "b", name="other")), "annotations") == {"a": 2}  # reading is no harm


@pytest.mark.parametrize("scope", ["customer", "image"])
def test_what_is_withdrawn_leaves_every_table_and_no_export_brings_it_back(tmp_path: Path, scope: Any) -> None:
    write_export(tmp_path / "a", numbered(3))
    write_export(tmp_path / "b", numbered(2) | {"other.png": (9, (("dog", 3, 20),))})
    pipeline = pipeline_of(tmp_path, "a", "b", splits=ALL_TRAIN)
    run(pipeline, "ingest")
    lake = open_lake(pipeline)
    shared = lake.read("images", where={"source": "b"}).sort_by("uri").to_pylist()[1]["image_id"]  # in both sources
    record_decision(lake, scope, shared if scope == "image" else "b", "withdraw", person="ann", reason="contract ended")
    removed = withdraw_rows(lake, read_withdrawn(lake))
    gone = {"image": {"a": 2, "b": 2}, "customer": {"a": 3}}[scope]
    assert sum(report.rejected["withdrawn"] for report in removed) == (4 if scope == "image" else 6)
    assert sources_in(lake, "images") == sources_in(lake, "annotations") == gone
    write_export(tmp_path / "b", numbered(2) | {"other.png": (9, (("dog", 3, 22),))})  # the export comes again, changed
    reports = run(pipeline, "ingest")
    assert sources_in(lake, "images") == gone
    assert reports["ingest"].rejected["withdrawn"] == (4 if scope == "image" else 6)
    record_decision(lake, scope, shared if scope == "image" else "b", "admit", person="ann", reason=None)
    assert "withdrawn" not in run(pipeline, "ingest")["ingest"].rejected
    assert sources_in(lake, "images") == {"a": 3, "b": 3}
    told = lake.read("withdrawals").sort_by("decided_at").to_pylist()
    assert [(row["action"], row["person"], row["reason"]) for row in told] == [
        ("withdraw", "ann", "contract ended"),
        ("admit", "ann", None),
    ]


def test_no_stage_uses_what_is_withdrawn_even_as_of_a_time_before(tmp_path: Path) -> None:
    write_export(tmp_path / "a", numbered(3))
    pipeline = pipeline_of(tmp_path, "a", splits=ALL_TRAIN)
    run(pipeline)
    lake = open_lake(pipeline)
    image, before = lake.read("images")["image_id"][0].as_py(), lake.snapshot("annotations").snapshot_id
    record_decision(lake, "image", image, "withdraw", person="ann", reason=None)
    crops = lake.snapshot("crops")
    model = Model("a" * 64, "m", "nano", "w", "0" * 64, crops.content, crops.snapshot_id, "t", "{}", "c", datetime.now(UTC))
    publish_rows(lake, {"models": table_of(Model, [model])}, part={}, key="fit")
    with pytest.raises(ContractError, match="4 of the 12 training crops were withdrawn"):
        usable_training_rows(lake)
    withdraw_rows(lake, read_withdrawn(lake))
    labelled = run_stage("label", pipeline, workers=InProcess(), as_of=before)
    assert labelled.rejected == {"withdrawn": 1} and image not in lake.read("instances")["image_id"].to_pylist()
    run(pipeline, "balance", "crop")
    assert usable_training_rows(lake) == 8
    assert models_trained_on(lake, read_withdrawn(lake)) == [TrainedModel("a" * 64, 4, 12)]
    assert models_trained_on(lake, Withdrawn(frozenset({"b"}))) == []


def test_withdrawals_that_the_catalog_has_lost_stop_whoever_would_forget_them(tmp_path: Path) -> None:
    write_export(tmp_path / "a", numbered(1))
    pipeline = pipeline_of(tmp_path, "a")
    run(pipeline, "ingest")
    record_decision(open_lake(pipeline), "source", "a", "withdraw", person="ann", reason=None)
    lake = open_lake(pipeline)
    lake.catalog.drop_table((lake.namespace, "withdrawals"))
    for stage in ("ingest", "label"):
        with pytest.raises(ConfigurationError, match=r"table 'withdrawals' lies in .* and the catalog does not know it"):
            run(pipeline, stage)


def test_a_held_out_source_keeps_its_split_and_shared_pictures_leave_training(tmp_path: Path) -> None:
    write_export(tmp_path / "a", numbered(6))
    write_export(tmp_path / "b", numbered(4, first=3))
    apart = pipeline_of(tmp_path, "a", "b", stanzas={"b": {"split": "test"}}, splits=ALL_TRAIN)
    reports = run(apart)
    lake = open_lake(apart)
    assert splits_in(lake) == {"a": {"train": 3}, "b": {"test": 4}}
    assert reports["label"].rejected == {"held-out": 3}
    assert reports["label"].details["held_out_images"] == {"b": 3}
    assert any("3 annotations of source 'a' are left out: their pictures" in note for note in reports["label"].notes)
    crops = lake.read("crops", columns=["split", "image_id"]).to_pylist()
    train, test = ({crop["image_id"] for crop in crops if crop["split"] == split} for split in ("train", "test"))
    assert len(test) == 4 and not train & test
    drawn = pipeline_of(tmp_path, "a", "b", splits=ALL_TRAIN)
    assert run(drawn, "ingest")["ingest"].skipped  # a split of its own changes nothing of what is read
    run(drawn, "label")
    assert splits_in(open_lake(drawn)) == {"a": {"train": 6}, "b": {"train": 1}}


def test_a_picture_in_two_sources_is_planned_once_and_both_its_labels_count(tmp_path: Path) -> None:
    write_export(tmp_path / "a", {"one.png": (1, (("cat", 2, 20),))})
    write_export(tmp_path / "b", {"same.png": (1, (("cat", 2, 20), ("dog", 12, 30)))})
    pipeline = pipeline_of(tmp_path, "a", "b", splits=ALL_TRAIN, balance={"target": 2, "floor": 1})
    reports = run(pipeline)
    crops = open_lake(pipeline).read("crops").sort_by("class_id").to_pylist()
    assert [(crop["source"], crop["class_id"], crop["crowding"]) for crop in crops] == [("a", "cat", 1), ("b", "dog", 1)]
    assert reports["label"].rejected == {"duplicate-record": 1}


def test_of_an_object_that_a_withdrawn_source_had_first_the_next_source_stands(tmp_path: Path) -> None:
    for source in ("a", "b", "c"):
        write_export(tmp_path / source, {"one.png": (1, ONE_CAT)})
    pipeline = pipeline_of(tmp_path, "a", "b", "c", splits=ALL_TRAIN)
    run(pipeline, "ingest")
    record_decision(open_lake(pipeline), "source", "a", "withdraw", person="ann", reason=None)  # its rows stand until they are taken out
    assert run(pipeline, "label")["label"].rejected == {"withdrawn": 1, "duplicate-record": 1}
    assert sources_in(open_lake(pipeline), "instances") == {"b": 1}


def test_stuff_that_is_ignored_is_told_and_crops_without_a_negative_pixel_are_left_out(tmp_path: Path) -> None:
    squares: Squares = (("cat", 20, 20), ("sky", 0, SIDE))
    others: dict[str, tuple[int, Squares]] = {"plain.png": (9, ONE_CAT), "full.png": (10, (("cat", 0, SIDE),))}
    write_export(tmp_path / "a", numbered(2, squares=squares) | others)
    pipeline = pipeline_of(tmp_path, "a", splits=ALL_TRAIN, balance={"target": 4, "max_replicas": 1, "floor": 1})
    mapped = run(pipeline)
    assert mapped["label"].notes == [] and mapped["crop"].rejected == {"no-negatives": 1}  # the cat that fills its picture
    path = tmp_path / "maps/a.yaml"
    path.write_text(yaml.safe_dump({"customer": "a", "labels": {"cat": "cat"}, "ignore": ["sky"]}), encoding="utf-8")
    ignored = run(pipeline, "label", "balance", "crop")
    assert ignored["label"].notes[0].startswith("labels that customer 'a' ignores cover 50% of its images ('sky' 50%)")
    assert ignored["crop"].rejected == {"no-negatives": 3}
    assert ignored["crop"].notes[0].startswith("3 of 4 crops are left out without a negative pixel")
    told = [(finding.what, finding.message) for finding in examine(pipeline) if finding.level == "note"]
    assert ("instances", ignored["label"].notes[0]) in told and ("crops", ignored["crop"].notes[0]) in told
