"""Scoring on Spark's workers against scoring in this process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from evaluation.scores.curves import curves_path
from jobs.score.tasks import CROPS_PER_TASK, plan_tasks
from jobs.spark.session import spark_session
from jobs.spark.workers import SparkWorkers
from jobs.workers import InProcess, Workers
from lake.configuration import Pipeline, SparkSettings
from lake.lake import Lake
from tests.support.judged_lake import invented_crops, invented_pipeline, model_digest, publish_crops, publish_predictions
from tests.support.stages import score

MODEL = model_digest("parity")


class OnSpark:
    """Spark's workers, even for few crops."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._workers = SparkWorkers(pipeline)
        self.map, self.counter = self._workers.map, self._workers.counter


def scored(folder: Path, workers: Callable[[Pipeline], Workers]) -> tuple[Pipeline, Lake, str]:
    folder.mkdir()
    pipeline = invented_pipeline(folder).model_copy(update={"spark": SparkSettings(master="local[2]")})
    crops = invented_crops(8, 3, empty_truths=1)
    lake = publish_crops(pipeline, crops)
    publish_predictions(pipeline, crops, MODEL, wobble=1.5)
    report = score(pipeline, MODEL, workers=workers(pipeline))
    return pipeline, lake, report.key


def test_spark_and_one_process_publish_the_same_files(tmp_path: Path) -> None:
    pipeline, on_spark, key = scored(tmp_path / "spark", OnSpark)
    _, here, same_key = scored(tmp_path / "here", lambda _: InProcess())
    spark_session(pipeline).stop()
    assert key == same_key
    for table in ("scores", "rejects"):
        assert on_spark.snapshot(table).content == here.snapshot(table).content
    assert on_spark.store.read_bytes(curves_path(key)) == here.store.read_bytes(curves_path(key))


def test_tasks_are_planned_by_file_and_bounded(tmp_path: Path) -> None:
    pipeline = invented_pipeline(tmp_path)
    crops = invented_crops(200, 3)
    lake = publish_crops(pipeline, crops, files=1)
    tasks = plan_tasks(lake, "floor-box", ["test"])
    assert [len(task.crop_ids) for task in tasks] == [CROPS_PER_TASK, 600 - CROPS_PER_TASK]
    assert [task.name for task in tasks] == ["shard-00000-of-00002", "shard-00001-of-00002"]
    assert not {crop_id for task in tasks for crop_id in task.crop_ids} ^ {crop.crop_id for crop in crops}


@pytest.mark.parametrize("split", ["val", "train"])
def test_only_the_splits_asked_for_are_scored(tmp_path: Path, split: str) -> None:
    pipeline = invented_pipeline(tmp_path)
    lake = publish_crops(pipeline, invented_crops(2, 2))
    if split == "train":
        assert sum(len(task.crop_ids) for task in plan_tasks(lake, "floor-box", [split])) == 1
    else:
        with pytest.raises(Exception, match="no crop lies in the splits"):
            plan_tasks(lake, "floor-box", [split])
