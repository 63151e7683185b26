"""Publishes `crops` of the demo world to a pipeline's lake without any engine, for tests of training."""

import itertools
from pathlib import Path
from typing import Any

import pyarrow as pa

from lake.configuration import Pipeline
from lake.digests import stage_key
from lake.lake import open_lake
from lake.pipeline_file import load_pipeline
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import shard_name, write_shard
from tests.support.factories import crop_rows, tiny_demo, tiny_shots

TRAINING = {"network": "nano", "epochs": 1, "canvas": 32, "pixels_per_batch": 16 * 32 * 32, "precision": "32-true", "devices": 1}


def training_pipeline(folder: Path, *, images: int = 3, shards: int = 2, **training: Any) -> Pipeline:
    """Write a tiny pipeline and publish the crops of its world, every fourth in the test split."""
    pipeline = load_pipeline(tiny_demo(folder, images=images, training={**TRAINING, **training}, evaluation={"jitters": []}))
    crops = crop_rows(tiny_shots(images=images))
    splits = pa.array(["test" if row % 4 == 3 else "train" for row in range(crops.num_rows)], pa.string())
    publish_crops(pipeline, crops.set_column(crops.schema.get_field_index("split"), crops.schema.field("split"), splits), shards=shards)
    return pipeline


def publish_crops(pipeline: Pipeline, crops: pa.Table, *, shards: int = 2) -> None:
    """Publish crops as the crop stage does, dealt to some shards."""
    lake = open_lake(pipeline)
    key = stage_key("crop", inputs={"rows": str(crops["crop_id"].to_pylist())}, spec={"shards": shards})
    place = lake.location("crops", key)
    cuts = [crops.num_rows * shard // shards for shard in range(shards + 1)]
    receipts = [
        write_shard(place, shard_name(shard, shards), [crops.slice(start, end - start)], rows_per_group=4)
        for shard, (start, end) in enumerate(itertools.pairwise(cuts))
    ]
    rows = crops.num_rows
    outputs = [Output("crops", {}, receipts)]
    publish_stage(lake, stage="crop", key=key, rows_in=rows, rows_out=rows, rejected={}, outputs=outputs)
