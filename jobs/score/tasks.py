"""Tasks of the score stage: each reads a few hundred crops with their predictions, scores them and writes a shard."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from evaluation.scores.curves import Curves
from evaluation.scores.observations import CROP_COLUMNS, decode_levels
from evaluation.scores.scoring import REFERENCES, Scored, ScoreSetup, score_crop
from lake.contracts import Reject, Score
from lake.errors import InputError
from lake.lake import Lake
from lake.publishing.reading import damage_named, open_dataset, open_parquet
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard
from lake.publishing.snapshots import AsOf
from lake.schemas import table_of
from lake.storage.data_files import DataFile
from lake.storage.store import Store

CROPS_PER_TASK = 512
_BATCH_ROWS = 64


@dataclass(frozen=True, slots=True)
class ScoreTask:
    """One shard's work: some crops of one file, and the files that hold their predictions."""

    name: str
    crop_file: str  # path in the store
    crop_ids: tuple[str, ...]
    prediction_files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scoring:
    """One model, baseline or ceiling to score, and where its rows go."""

    setup: ScoreSetup
    scores: ShardLocation
    rejects: ShardLocation


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """What one task says of one scoring."""

    scores: Receipt | None
    rejects: Receipt | None
    crops: int
    curves: Curves


def plan_tasks(lake: Lake, model: str, splits: Sequence[str]) -> list[ScoreTask]:
    """Plan the scoring of every crop of some splits, the same for any number of workers.

    Args:
        lake: Holds the crops, and the predictions of a model.
        model: Digest, or the name of a baseline or ceiling, which needs no predictions.
        splits: Splits to score.

    Raises:
        InputError: There are no crops in these splits, or crops without a prediction, or predictions of other crops.
    """
    files = [(file, _crop_ids(file, lake.store, splits)) for file in lake.files("crops")]
    wanted = [crop_id for _, crop_ids in files for crop_id in crop_ids]
    if not wanted:
        raise InputError(f"no crop lies in the splits {list(splits)}; check evaluation.splits and the shares in splits")
    predicted = {} if model in REFERENCES else _predicted(lake, model)
    if model not in REFERENCES:
        _check_coverage(model, set(wanted), set(predicted))
    chunks = [
        (file.path, crop_ids[start : start + CROPS_PER_TASK])
        for file, crop_ids in files
        for start in range(0, len(crop_ids), CROPS_PER_TASK)
    ]
    return [
        ScoreTask(
            shard_name(index, len(chunks)),
            path,
            tuple(crop_ids),
            tuple(sorted({predicted[crop_id] for crop_id in crop_ids if predicted})),
        )
        for index, (path, crop_ids) in enumerate(chunks)
    ]


def run_task(task: ScoreTask, scoring: Scoring) -> TaskOutcome:
    """Score one task's crops and write their shards; runs on a worker or in the driver alike.

    Args:
        task: From `plan_tasks`.
        scoring: What is scored, and where its rows go.
    """
    scored = Scored()
    store, is_reference = scoring.scores.store, scoring.setup.model in REFERENCES
    maps = _maps(task, store)
    for crop in _rows(store, (task.crop_file,), CROP_COLUMNS, ds.field("crop_id").isin(task.crop_ids)):
        shape = (crop["window_height"], crop["window_width"])
        levels = None if is_reference else decode_levels(*maps.pop(crop["crop_id"]), shape, crop["crop_id"])
        score_crop(crop, levels, scoring.setup, scored)
    return TaskOutcome(
        _write(scoring.scores, task.name, Score, scored.scores),
        _write(scoring.rejects, task.name, Reject, scored.rejects),
        scored.crops,
        scored.curves,
    )


def seen_classes(lake: Lake, as_of: AsOf = None) -> frozenset[str]:
    """Return the classes that the training crops hold."""
    crops = lake.read("crops", columns=["class_id"], where={"split": "train"}, as_of=as_of)
    return frozenset(crops.column("class_id").unique().to_pylist())


def _crop_ids(file: DataFile, store: Store, splits: Sequence[str]) -> list[str]:
    with damage_named(store, [file.path]):
        table = open_dataset(store, [file.path]).to_table(columns=["crop_id"], filter=ds.field("split").isin(list(splits)))
    ids: list[str] = table.column("crop_id").to_pylist()
    return ids


def _predicted(lake: Lake, model: str) -> dict[str, str]:
    """Return for each predicted crop the file that holds its map."""
    found: dict[str, str] = {}
    for file in lake.files("predictions", part={"model": model}):
        with open_parquet(lake.store, file.path) as opened:
            ids = opened.read(columns=["crop_id"])
        found.update(dict.fromkeys(ids.column("crop_id").to_pylist(), file.path))
    return found


def _check_coverage(model: str, wanted: set[str], predicted: set[str]) -> None:
    missing, strange = wanted - predicted, predicted - wanted
    if missing or strange:
        raise InputError(
            f"model {model[:12]} was not predicted on the present crops: {len(missing):,} of {len(wanted):,} crops have no "
            f"prediction, {len(strange):,} predictions are of other crops; run predict again, then score"
        )


def _maps(task: ScoreTask, store: Store) -> dict[str, tuple[str, bytes]]:
    columns = ("crop_id", "probability_codec", "probability")
    rows = _rows(store, task.prediction_files, columns, ds.field("crop_id").isin(task.crop_ids))
    return {row["crop_id"]: (row["probability_codec"], row["probability"]) for row in rows}


def _rows(store: Store, paths: Sequence[str], columns: Sequence[str], wanted: Any) -> Iterator[Mapping[str, Any]]:
    if not paths:
        return
    with damage_named(store, paths):
        for batch in open_dataset(store, paths).to_batches(columns=list(columns), filter=wanted, batch_size=_BATCH_ROWS):
            yield from batch.to_pylist()


def _write(place: ShardLocation, name: str, record: type, rows: Sequence[Any]) -> Receipt | None:
    tables: list[pa.Table] = [table_of(record, rows)] if rows else []
    return write_shard(place, name, tables)
