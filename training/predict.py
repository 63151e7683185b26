"""A model and the crops of the evaluated splits in, a probability for every pixel of their windows out.

Where the evaluation asks for jitters, each is a part of its own, `<model>@<jitter>`: what the model would have said had
the annotator drawn another box, as a map of the crop's window that is zero where that box showed nothing. Where such a
box reaches beyond the crop, its pixels come from the image itself.
"""

import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import torch

from imaging.jitter import JITTERS
from lake.configuration import JitterName, Pipeline
from lake.contracts import Prediction
from lake.digests import stage_key
from lake.frozen import evaluated_lake
from lake.lake import Lake
from lake.publishing.publish import Output, publish_stage, skipped_report
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard
from lake.publishing.snapshots import AsOf, Snapshot
from lake.publishing.stage_report import StageReport
from lake.schemas import table_of
from training.hardware import choose_hardware
from training.jittered import ImageReader, image_reader, in_window, shown_pixels, shown_window
from training.predictor import Predictor, encode_probability
from training.samples import CROP_COLUMNS
from training.weights import load_model

STAGE = "predict"
CODE_VERSION = 1
"""Raised when the same model and crops give other predictions."""

SHARD_ROWS = 1024
BATCH = 16
COLUMNS = (*CROP_COLUMNS, "image_id", "box_x", "box_y", "box_width", "box_height")


@dataclass(frozen=True, slots=True)
class _Job:
    lake: Lake
    crops: Snapshot
    splits: tuple[str, ...]
    model: str
    predictor: Callable[[], Predictor]  # loaded when first needed


def predict(pipeline: Pipeline, model: str, *, as_of: AsOf = None) -> StageReport:
    """Predict every crop of `evaluation.splits` at its window's full resolution.

    Args:
        pipeline: Whose crops are predicted.
        model: Digest of a registered model.
        as_of: Of the crops; see `lake.publishing.snapshots.AsOf`.

    Returns:
        The report on the plain predictions; those under jitters stand beside them.

    Raises:
        MissingTableError: No crops have been published.
        EmptyCheckError: The splits hold no crop.
        ModelError: The model is not registered, or its weights are not those that were.
        ImageRefusedError: A jitter reaches beyond the crops, and an image has gone or changed since it was ingested.
    """
    lake = evaluated_lake(pipeline, as_of)
    predictor = functools.cache(lambda: _loaded(lake, pipeline, model))
    splits = tuple(sorted(set(pipeline.evaluation.splits)))
    job = _Job(lake, lake.snapshot("crops"), splits, model, predictor)
    report = _predict_part(job, None)
    for jitter in pipeline.evaluation.jitters:
        _predict_part(job, jitter)
    return report


def _loaded(lake: Lake, pipeline: Pipeline, model: str) -> Predictor:
    loaded, hardware = load_model(lake, model), choose_hardware(pipeline.training)
    torch.set_num_threads(hardware.threads)
    return Predictor(loaded.network.to(hardware.accelerator), loaded.canvas, torch.device(hardware.accelerator))


def _predict_part(job: _Job, jitter: JitterName | None) -> StageReport:
    started = time.monotonic()
    lake, name = job.lake, job.model if jitter is None else f"{job.model}@{jitter}"
    spec: dict[str, object] = {"splits": job.splits}
    if jitter is not None:
        spec |= {"jitter": jitter, "definition": asdict(JITTERS[jitter])}
    key = stage_key(STAGE, inputs={"crops": job.crops.content, "model": job.model}, spec=spec, version=CODE_VERSION)
    part = {"model": name}
    skipped = skipped_report(lake, stage=STAGE, key=key, targets=[("predictions", part)])
    if skipped:
        return skipped
    predictor, where, as_of = job.predictor(), {"split": job.splits}, job.crops.snapshot_id
    rows_in = lake.read("crops", columns=["split"], where=where, as_of=as_of).num_rows
    batches = lake.batches("crops", columns=COLUMNS, where=where, as_of=as_of, batch_rows=BATCH)
    image = image_reader(lake, jitter)
    tables = (_predicted(predictor, name, rows, jitter, image) for rows in _chunks(batches))
    receipts = _written(lake.location("predictions", key, part), tables, shards=-(-rows_in // SHARD_ROWS))
    return publish_stage(
        lake,
        stage=STAGE,
        key=key,
        rows_in=rows_in,
        rows_out=sum(receipt.rows for receipt in receipts if receipt),
        rejected={},
        outputs=[Output("predictions", part, receipts, "replace")],
        seconds=time.monotonic() - started,
        details={"model": name, "splits": list(job.splits)},
    )


def _chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[list[Mapping[str, Any]]]:
    rows = (row for batch in batches for row in batch.to_pylist())
    while chunk := list(islice(rows, BATCH)):
        yield chunk


def _predicted(predictor: Predictor, name: str, rows: list[Mapping[str, Any]], jitter: JitterName | None, image: ImageReader) -> pa.Table:
    boxes = [shown_window(row, jitter) for row in rows]
    results = predictor.predict([shown_pixels(row, box, image) for row, box in zip(rows, boxes, strict=True)])
    predictions = [
        Prediction(
            model=name,
            crop_id=row["crop_id"],
            image_id=row["image_id"],
            probability_codec="png",
            probability=encode_probability(in_window(result.probability, box, row["window_height"], row["window_width"])),
            latency=result.latency,
        )
        for row, box, result in zip(rows, boxes, results, strict=True)
    ]
    return table_of(Prediction, predictions)


def _written(place: ShardLocation, tables: Iterator[pa.Table], *, shards: int) -> list[Receipt | None]:
    # every chunk but the last is full, so shards end where the plan says
    return [write_shard(place, shard_name(shard, shards), islice(tables, SHARD_ROWS // BATCH)) for shard in range(shards)]
