"""A model and the crops of the evaluated splits in, a probability for every pixel of their windows out."""

import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import pyarrow as pa
import torch

from lake.configuration import Pipeline
from lake.contracts import Prediction
from lake.crop_pixels import open_crop
from lake.digests import stage_key
from lake.lake import open_lake
from lake.publishing import Output, publish_stage, skipped_report
from lake.schemas import table_of
from lake.shards import Receipt, ShardPlace, shard_name, write_shard
from lake.stage_report import StageReport
from training.hardware import choose_hardware
from training.predictor import Predictor, encode_probability
from training.samples import CROP_COLUMNS
from training.weights import load_model

STAGE = "predict"
CODE_VERSION = 1
"""Raised when the same model and crops give other predictions."""

SHARD_ROWS = 1024
BATCH = 16


def predict(pipeline: Pipeline, model: str) -> StageReport:
    """Predict every crop of `evaluation.splits` at its window's full resolution.

    Args:
        pipeline: Whose crops are predicted.
        model: Digest of a registered model.

    Raises:
        MissingTableError: No crops have been published.
        EmptyCheckError: The splits hold no crop.
        ModelError: The model is not registered, or its weights are not those that were.
    """
    started = time.monotonic()
    lake = open_lake(pipeline)
    crops = lake.snapshot("crops")
    splits = sorted(set(pipeline.evaluation.splits))
    key = stage_key(STAGE, inputs={"crops": crops.content, "model": model}, spec={"splits": splits}, version=CODE_VERSION)
    part = {"model": model}
    skipped = skipped_report(lake, stage=STAGE, key=key, targets=[("predictions", part)])
    if skipped:
        return skipped
    loaded, hardware = load_model(lake, model), choose_hardware(pipeline.training)
    torch.set_num_threads(hardware.threads)
    predictor = Predictor(loaded.network.to(hardware.accelerator), loaded.canvas, torch.device(hardware.accelerator))
    where = {"split": splits}
    rows_in = lake.read("crops", columns=["split"], where=where, as_of=crops.snapshot_id).num_rows
    columns = [*CROP_COLUMNS, "image_id"]
    batches = lake.batches("crops", columns=columns, where=where, as_of=crops.snapshot_id, batch_rows=BATCH)
    tables = (_predicted(predictor, model, rows) for rows in _chunks(batches))
    receipts = _written(lake.place("predictions", key, part), tables, shards=-(-rows_in // SHARD_ROWS))
    return publish_stage(
        lake,
        stage=STAGE,
        key=key,
        rows_in=rows_in,
        rows_out=sum(receipt.rows for receipt in receipts if receipt),
        rejected={},
        outputs=[Output("predictions", part, receipts, "replace")],
        seconds=time.monotonic() - started,
        details={"model": model, "splits": splits},
    )


def _chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[list[Mapping[str, Any]]]:
    rows = (row for batch in batches for row in batch.to_pylist())
    while chunk := list(islice(rows, BATCH)):
        yield chunk


def _predicted(predictor: Predictor, model: str, rows: list[Mapping[str, Any]]) -> pa.Table:
    results = predictor.predict([open_crop(row).pixels for row in rows])
    return table_of(
        Prediction,
        [
            Prediction(
                model=model,
                crop_id=row["crop_id"],
                image_id=row["image_id"],
                probability_codec="png",
                probability=encode_probability(result.probability),
                latency=result.latency,
            )
            for row, result in zip(rows, results, strict=True)
        ],
    )


def _written(place: ShardPlace, tables: Iterator[pa.Table], *, shards: int) -> list[Receipt | None]:
    # every chunk but the last is full, so shards end where the plan says
    return [write_shard(place, shard_name(shard, shards), islice(tables, SHARD_ROWS // BATCH)) for shard in range(shards)]
