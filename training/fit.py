"""Crops in, one registered model out: the stage `fit`."""

import time
from datetime import UTC, datetime

from lake.configuration import Pipeline, TrainingSpec
from lake.contracts import Model
from lake.digests import canonical_json, digest, stage_key
from lake.lake import Lake, open_lake
from lake.publishing.provenance import code_commit
from lake.publishing.publish import Output, publish_stage, skipped_report
from lake.publishing.shards import shard_name, write_shard
from lake.publishing.snapshots import AsOf, Snapshot
from lake.publishing.stage_report import StageReport
from lake.schemas import table_of
from training.launch import launch
from training.training_run import TrainingRun
from training.weights import PackedModel, pack_model

STAGE = "fit"
CHECKPOINTS = "checkpoints"
CODE_VERSION = 1
"""Raised when equal crops and settings give another model."""


def fit(pipeline: Pipeline, *, as_of: AsOf = None) -> StageReport:
    """Train a network on the train split of the crops and register it; a second fit of equal inputs is a skip.

    The crops' snapshot is tagged before training starts, so it can neither change nor expire under the model.

    Args:
        pipeline: The pipeline.
        as_of: Of the crops; see `lake.publishing.snapshots.AsOf`.

    Returns:
        A report whose rows are the crops trained on, and whose details name the `model` and its `weights`.

    Raises:
        MissingTableError: No crops have been published.
        EmptyCheckError: No crop is in the train split.
        ModelError: Training did not reach its last step, or diverged.
    """
    started = time.monotonic()
    lake = open_lake(pipeline).pinned(as_of, tables=("crops",))
    crops = lake.snapshot("crops")
    key = stage_key(STAGE, inputs={"crops": crops.content}, spec=pipeline.training, version=CODE_VERSION)
    skipped = skipped_report(lake, stage=STAGE, key=key, targets=[("models", {})])
    if skipped:
        return skipped
    tag = f"train-{digest(key, crops.snapshot_id)[:16]}"
    lake.tag("crops", crops.snapshot_id, tag)
    files = lake.files("crops", as_of=crops.snapshot_id)
    rows = lake.read("crops", columns=["split"], where={"split": "train"}, as_of=crops.snapshot_id).num_rows
    checkpoint = f"{CHECKPOINTS}/{key}/last.ckpt"
    weights = launch(TrainingRun(lake.store, tuple(file.path for file in files), pipeline.training, checkpoint))
    packed = pack_model(weights, network=pipeline.training.network, canvas=pipeline.training.canvas)
    lake.store.write_bytes(packed.path, packed.data)
    row = _model_row(pipeline.name, pipeline.training, packed, crops, tag)
    report = _registered(lake, key, row, rows=rows, seconds=time.monotonic() - started)
    lake.store.delete(checkpoint)
    return report


def _model_row(name: str, spec: TrainingSpec, packed: PackedModel, crops: Snapshot, tag: str) -> Model:
    return Model(
        model=packed.model,
        name=name,
        network=spec.network,
        weights=packed.path,
        weights_sha256=packed.weights_sha256,
        crops_content=crops.content,
        crops_snapshot=crops.snapshot_id,
        crops_tag=tag,
        spec=canonical_json(spec),
        commit=code_commit(),
        created_at=datetime.now(UTC),
    )


def _registered(lake: Lake, key: str, row: Model, *, rows: int, seconds: float) -> StageReport:
    receipt = write_shard(lake.location("models", key), shard_name(0, 1), [table_of(Model, [row])])
    return publish_stage(
        lake,
        stage=STAGE,
        key=key,
        rows_in=rows,
        rows_out=rows,
        rejected={},
        outputs=[Output("models", {}, [receipt], "append")],
        seconds=seconds,
        details={"model": row.model, "network": row.network, "weights": row.weights, "crops_tag": row.crops_tag},
    )
