"""Fit: a network trained on the training crops, registered in `models` and enrolled as the candidate."""

from datetime import UTC, datetime

from evaluation.gate.registry import CANDIDATE, Registry
from lake.contracts import Model
from lake.digests import canonical_json, digest
from lake.model_records import as_recorded, recorded_model
from lake.publishing.provenance import code_commit
from lake.publishing.shards import shard_name, write_shard
from lake.publishing.stage_report import StageReport
from lake.schemas import table_of
from lake.withdrawals import usable_training_rows
from stages.stage import Computed, Publication, Run, Stage


def _checkpoint(key: str) -> str:
    return f"checkpoints/{key}/last.ckpt"


def _compute(run: Run, _part: None, publication: Publication) -> Computed:
    """Train on the train split of the crops, whose snapshot is tagged first: it can neither change nor expire under the model.

    Raises:
        EmptyCheckError: No crop is in the train split.
        ContractError: Training crops were withdrawn.
        ModelError: Training did not reach its last step, or diverged.
    """
    from training.launch import launch
    from training.training_run import TrainingRun
    from training.weights import pack_model

    lake, spec, key = run.lake, run.pipeline.training, publication.key
    rows = usable_training_rows(lake)
    crops = lake.snapshot("crops")
    tag = f"train-{digest(key, crops.snapshot_id)[:16]}"
    lake.tag("crops", crops.snapshot_id, tag)
    files = tuple(file.path for file in lake.files("crops"))
    packed = pack_model(launch(TrainingRun(lake.store, files, spec, _checkpoint(key))), network=spec.network, canvas=spec.canvas)
    lake.store.write_bytes(packed.path, packed.data)
    row = Model(
        model=packed.model,
        name=run.pipeline.name,
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
    receipt = write_shard(publication.locations["models"], shard_name(0, 1), [table_of(Model, [row])])
    details = {"model": row.model, "network": row.network, "weights": row.weights, "crops_tag": row.crops_tag, "row": as_recorded(row)}
    return Computed(rows_in=rows, rows_out=rows, receipts={"models": [receipt]}, details=details)


def _enrol(run: Run, report: StageReport) -> None:
    """Make the model the candidate; what resumed a killed training is needed no longer."""
    run.lake.store.delete(_checkpoint(report.key))
    model, registry = str(report.details["model"]), Registry(run.lake.database_url)
    registry.register(model, run.pipeline.name)
    registry.point(CANDIDATE, model)


FIT = Stage(
    name="fit",
    version=1,
    reads=("crops",),
    targets=(("models", {}),),
    spec=lambda run, _part: run.pipeline.training,
    compute=_compute,
    finish=_enrol,
    restore=lambda _run, record: table_of(Model, [recorded_model(record)]),
    appends=True,
)
