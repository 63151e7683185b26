"""Probability maps of crops, for every pixel of their windows, with the boxes that were drawn or with others.

Under a jitter the map says what the model would have answered had the annotator drawn another box: it is a map of the
crop's own window, zero where that box shows nothing. Where such a box reaches beyond the crop, pixels come from the image.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa
import torch

from lake.configuration import JitterName, TrainingSpec
from lake.contracts import Prediction
from lake.lake import Lake
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard
from lake.schemas import table_of
from training.hardware import choose_hardware
from training.jittered import ImageReader, image_reader, in_window, shown_pixels, shown_window
from training.predictor import Predictor, encode_probability
from training.samples import SAMPLE_COLUMNS
from training.weights import load_model

SHARD_ROWS = 1024
BATCH = 16
PREDICTED_COLUMNS = (*SAMPLE_COLUMNS, "image_id", "box_x", "box_y", "box_width", "box_height")


def load_predictor(lake: Lake, spec: TrainingSpec, model: str) -> Predictor:
    """Return a predictor of a registered model on this machine's hardware.

    Raises:
        ModelError: The model is not registered, or its weights are not those that were.
    """
    loaded, hardware = load_model(lake, model), choose_hardware(spec)
    torch.set_num_threads(hardware.threads)
    return Predictor(loaded.network.to(hardware.accelerator), loaded.canvas, torch.device(hardware.accelerator))


def write_predictions(
    lake: Lake, predictor: Predictor, splits: Sequence[str], jitter: JitterName | None, location: ShardLocation
) -> tuple[int, list[Receipt | None]]:
    """Predict every crop of some splits at its window's full resolution, and write the predictions.

    Args:
        lake: Holds the crops.
        predictor: Of the model.
        splits: That are predicted.
        jitter: The box that the annotator might have drawn instead; None is the crop's own.
        location: Where the shards go; its part names the model.

    Returns:
        How many crops there are, and a receipt a shard.

    Raises:
        ImageRefusedError: The jitter reaches beyond the crops, and an image has gone or changed since it was ingested.
    """
    where = {"split": tuple(splits)}
    crops = lake.read("crops", columns=["split"], where=where).num_rows
    batches = lake.batches("crops", columns=PREDICTED_COLUMNS, where=where, batch_rows=BATCH)
    image, name = image_reader(lake, jitter), location.part["model"]
    tables = (_predicted(predictor, name, rows, jitter, image) for rows in _chunks(batches))
    shards = -(-crops // SHARD_ROWS)
    # every chunk but the last is full, so shards end where the plan says
    return crops, [write_shard(location, shard_name(shard, shards), islice(tables, SHARD_ROWS // BATCH)) for shard in range(shards)]


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
