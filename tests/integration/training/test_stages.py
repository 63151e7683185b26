"""Fit, predict and export on published crops: registered, repeatable, skipped when done, and equal in ONNX Runtime."""

import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from lake.configuration import JitterName, Pipeline
from lake.errors import EmptyCheckError, MissingTableError, ModelError
from lake.lake import open_lake
from lake.publishing.snapshots import tags
from lake.publishing.stage_report import StageReport
from tests.support.factories import crop_rows, tiny_shots
from tests.support.stages import export, fit, predict
from tests.support.training_lakes import publish_crops, training_pipeline
from training.export import TOLERANCE
from training.jittered import shown_window
from training.weights import load_model


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return training_pipeline(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def fitted(pipeline: Pipeline) -> StageReport:
    return fit(pipeline)


@pytest.fixture(scope="module")
def predicted(pipeline: Pipeline, fitted: StageReport) -> StageReport:
    return predict(pipeline, fitted.details["model"])


def test_a_fit_registers_one_model_with_the_data_it_saw(pipeline: Pipeline, fitted: StageReport) -> None:
    lake = open_lake(pipeline)
    (row,) = lake.read("models").to_pylist()
    snapshot = lake.snapshot("crops")
    assert row["model"] == fitted.details["model"]
    assert (row["crops_content"], row["crops_snapshot"]) == (snapshot.content, snapshot.snapshot_id)
    assert tags(lake.state("crops"))[row["crops_tag"]] == snapshot.snapshot_id
    crops = lake.read("crops", columns=["crop_id"], where={"split": "train"})
    assert fitted.rows_in == fitted.rows_out == crops.num_rows


def test_a_second_fit_of_equal_inputs_is_a_skip(pipeline: Pipeline, fitted: StageReport) -> None:
    again = fit(pipeline)
    assert again.skipped
    assert again.details["model"] == fitted.details["model"]
    assert again.rows_in == fitted.rows_in


def test_equal_crops_and_seeds_give_equal_weights_also_in_a_thread(fitted: StageReport, tmp_path: Path) -> None:
    other = training_pipeline(tmp_path)
    reports: list[StageReport] = []
    worker = threading.Thread(target=lambda: reports.append(fit(other)))
    worker.start()
    worker.join()
    assert [report.details["model"] for report in reports] == [fitted.details["model"]]


def test_another_seed_gives_another_model(pipeline: Pipeline, fitted: StageReport, tmp_path: Path) -> None:
    other = training_pipeline(tmp_path, seed=18)
    report = fit(other)
    assert report.details["model"] != fitted.details["model"]


def test_every_test_crop_gets_a_probability_of_its_windows_size(pipeline: Pipeline, fitted: StageReport, predicted: StageReport) -> None:
    lake = open_lake(pipeline)
    crops = {row["crop_id"]: row for row in lake.read("crops", where={"split": "test"}).to_pylist()}
    rows = lake.read("predictions", where={"model": fitted.details["model"]}).to_pylist()
    assert sorted(row["crop_id"] for row in rows) == sorted(crops)
    assert predicted.rows_in == predicted.rows_out == len(crops)
    for row in rows:
        crop = crops[row["crop_id"]]
        probability = np.array(cv2.imdecode(np.frombuffer(row["probability"], np.uint8), cv2.IMREAD_UNCHANGED))
        assert probability.shape == (crop["window_height"], crop["window_width"])
        assert row["image_id"] == crop["image_id"]
        assert row["latency"] > 0


def test_a_second_prediction_is_a_skip(pipeline: Pipeline, fitted: StageReport, predicted: StageReport) -> None:
    assert predict(pipeline, fitted.details["model"]).skipped


def test_each_jitter_is_a_part_of_its_own_and_empty_where_its_box_shows_nothing(
    pipeline: Pipeline, fitted: StageReport, predicted: StageReport
) -> None:
    jitters: tuple[JitterName, ...] = ("cut-5", "padding-50")
    evaluation = pipeline.evaluation.model_copy(update={"jitters": jitters})
    jittered = pipeline.model_copy(update={"evaluation": evaluation})
    model = fitted.details["model"]
    lake = open_lake(pipeline)
    standing = {file.path for file in lake.files("predictions")}
    assert not predict(jittered, model).skipped  # the jittered parts are new
    assert standing < {file.path for file in lake.files("predictions")}  # the plain one was there
    assert predict(jittered, model).skipped
    plain = lake.read("predictions", columns=["crop_id"], where={"model": model})["crop_id"].to_pylist()
    crops = {crop["crop_id"]: crop for crop in lake.read("crops").to_pylist()}
    for jitter in jitters:
        rows = lake.read("predictions", where={"model": f"{model}@{jitter}"}).to_pylist()
        assert [row["crop_id"] for row in rows] == plain
        for row in rows:
            probability = np.array(cv2.imdecode(np.frombuffer(row["probability"], np.uint8), cv2.IMREAD_UNCHANGED))
            left, top, width, height = shown_window(crops[row["crop_id"]], jitter)
            assert probability[top : top + height, left : left + width].any()
            probability[top : top + height, left : left + width] = 0
            assert not probability.any()
    loose = pipeline.model_copy(update={"evaluation": evaluation.model_copy(update={"jitters": ("loose-10",)})})
    with pytest.raises(MissingTableError, match="'images'"):  # a looser box needs the images, and this lake has none
        predict(loose, model)


def test_a_fit_and_a_prediction_as_of_a_snapshot_see_its_crops(pipeline: Pipeline, fitted: StageReport, predicted: StageReport) -> None:
    lake = open_lake(pipeline)
    then, crops = lake.snapshot("crops"), lake.read("crops")
    time.sleep(0.005)
    publish_crops(pipeline, crops.slice(0, crops.num_rows // 2))
    assert fit(pipeline, as_of=then.snapshot_id).details["model"] == fitted.details["model"]
    assert fit(pipeline, as_of=str(then.committed_at)).skipped
    model = fitted.details["model"]
    assert predict(pipeline, model, as_of=lake.read("models").to_pylist()[0]["crops_tag"]).skipped
    assert predict(pipeline, model).rows_in < predicted.rows_in
    assert predict(pipeline, model, as_of=then.snapshot_id).rows_in == predicted.rows_in
    publish_crops(pipeline, crops)


def test_an_export_computes_what_the_model_computes(pipeline: Pipeline, fitted: StageReport) -> None:
    first = export(pipeline, fitted.details["model"])
    assert 0 <= first.details["largest_difference"] <= TOLERANCE
    lake = open_lake(pipeline)
    assert lake.store.exists(first.details["onnx"])
    assert export(pipeline, fitted.details["model"]).skipped
    lake.store.write_bytes(first.details["onnx"], b"damaged")
    assert not export(pipeline, fitted.details["model"]).skipped


def test_an_unknown_model_can_neither_predict_nor_be_exported(pipeline: Pipeline, fitted: StageReport) -> None:
    with pytest.raises(ModelError, match="no model 'beef'"):
        predict(pipeline, "beef")
    with pytest.raises(ModelError, match="no model 'beef'"):
        export(pipeline, "beef")


def test_a_model_is_loaded_only_with_the_weights_that_were_registered(pipeline: Pipeline, fitted: StageReport) -> None:
    store, path = open_lake(pipeline).store, fitted.details["weights"]
    data = store.read_bytes(path)
    store.write_bytes(path, data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ModelError, match="sha-256"):
        load_model(open_lake(pipeline), fitted.details["model"])
    store.write_bytes(path, data)


def test_without_crops_there_is_nothing_to_fit(tmp_path: Path) -> None:
    with pytest.raises(MissingTableError, match="crops"):
        fit(training_pipeline(tmp_path / "a").model_copy(update={"store": str(tmp_path / "empty")}))


def test_without_train_crops_there_is_nothing_to_fit(tmp_path: Path) -> None:
    pipeline = training_pipeline(tmp_path).model_copy(update={"store": str(tmp_path / "other")})
    crops = crop_rows(tiny_shots(images=1))
    publish_crops(pipeline, crops.set_column(4, "split", [["val"] * crops.num_rows]))
    with pytest.raises(EmptyCheckError, match="no crop is in the train split"):
        fit(pipeline)
