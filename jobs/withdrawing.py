"""Takes withdrawn rows out of `images` and `annotations`, and finds the models that were trained on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jobs.file_slices import FileSlice, read_slice, slices_of
from lake.configuration import Pipeline
from lake.contracts import Reject
from lake.digests import stage_key
from lake.errors import CentrepieceError, ConfigurationError
from lake.lake import Lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import Receipt, ShardLocation, write_shard
from lake.publishing.stage_report import StageReport
from lake.reasons import Reason
from lake.rejects import reject_table
from lake.schemas import empty_table
from lake.withdrawals import SUBJECT_COLUMNS, WithdrawalScope, Withdrawn

IMAGE_ID_DIGITS = 64

_TABLES = ("images", "annotations")


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model that was trained on withdrawn crops."""

    model: str
    crops: int | None  # withdrawn ones that it was trained on; None where its crops cannot be read any more
    of: int


def known_subject(lake: Lake, pipeline: Pipeline, scope: WithdrawalScope, subject: str) -> tuple[WithdrawalScope, str]:
    """Return what is to be withdrawn, an image by its whole id.

    Args:
        lake: Whose images.
        pipeline: Whose sources and customers are known even before they are read.
        scope: What kind of thing is named.
        subject: A source or customer, or the beginning of an image's id; a whole one may be unknown yet.

    Raises:
        ConfigurationError: Nothing, or more than one image, is called so.
    """
    column = "image_id" if scope == "image" else scope
    known = set(lake.read("images", columns=[column]).column(0).unique().to_pylist()) if lake.has("images") else set()
    if scope == "image":
        found = [one for one in known if one.startswith(subject)] if len(subject) < IMAGE_ID_DIGITS else [subject]
        if len(found) != 1 or not set(found[0]) <= set("0123456789abcdef"):
            raise ConfigurationError(
                f"expected the id of one image, 64 hexadecimal digits or the first of them, got {subject!r}, which fits "
                f"{len(found):,} images"
            )
        return scope, found[0]
    known |= {getattr(source, scope if scope == "customer" else "name") for source in pipeline.sources}
    if subject not in known:
        raise ConfigurationError(f"no {scope} {subject!r} in the pipeline or its lake; known are {', '.join(sorted(known))}")
    return scope, subject


def withdraw_rows(lake: Lake, withdrawn: Withdrawn) -> list[StageReport]:
    """Publish every source that holds withdrawn rows without them; each is a reject. Return a report a source.

    Args:
        lake: Whose `images` and `annotations`.
        withdrawn: What may not be used.
    """
    reports = []
    for source in sorted({file.part["source"] for table in _TABLES if lake.has(table) for file in lake.files(table)}):
        found = [lake.batches(table, columns=SUBJECT_COLUMNS, where={"source": source}) for table in _TABLES if lake.has(table)]
        if any(pc.any(withdrawn.rows(batch)).as_py() for batches in found for batch in batches):
            reports.append(_without(lake, withdrawn, source))
    return reports


def models_trained_on(lake: Lake, withdrawn: Withdrawn) -> list[TrainedModel]:
    """Return the registered models that were trained on rows that are withdrawn, by the crops that each was trained on.

    Args:
        lake: Whose models.
        withdrawn: What may not be used.
    """
    found = []
    for row in lake.read("models", columns=["model", "crops_snapshot"]).to_pylist() if lake.has("models") else []:
        try:
            rows = lake.read("crops", columns=SUBJECT_COLUMNS, where={"split": "train"}, as_of=row["crops_snapshot"])
        except CentrepieceError:
            found.append(TrainedModel(row["model"], None, 0))
            continue
        crops = pc.sum(withdrawn.rows(rows)).as_py() or 0
        if crops:
            found.append(TrainedModel(row["model"], crops, len(rows)))
    return found


def withdrawn_rejects(stage: str, rows: pa.Table, withdrawn: Withdrawn, *, identity: str) -> pa.Table:
    """Return a reject for each of some withdrawn rows.

    Args:
        stage: That leaves them out.
        rows: Of `images` or `annotations`.
        withdrawn: What may not be used.
        identity: The column that names a row: image_id or instance_id.
    """
    if not len(rows):
        return empty_table(Reject)
    ids, (sources, customers, images) = rows.column(identity).to_pylist(), (rows.column(name).to_pylist() for name in SUBJECT_COLUMNS)
    why = [withdrawn.covers(*subject) for subject in zip(sources, customers, images, strict=True)]
    refs = rows.column("source_ref").to_pylist() if "source_ref" in rows.column_names else rows.column("uri").to_pylist()
    details = [f"{by} was withdrawn; {identity.removesuffix('_id')} {one}" for by, one in zip(why, ids, strict=True)]
    return reject_table(stage, keys=ids, sources=sources, refs=refs, reasons=[Reason.WITHDRAWN.value] * len(ids), details=details)


def _without(lake: Lake, withdrawn: Withdrawn, source: str) -> StageReport:
    part = {"source": source}
    present = [table for table in _TABLES if lake.has(table)]
    inputs = {table: lake.snapshot(table, part=part).content for table in present}
    key = stage_key("withdraw", inputs=inputs, spec={**part, "withdrawn": withdrawn.as_json()})
    rejects = lake.location("rejects", key, {"stage": "withdraw", **part})
    places = {table: lake.location(table, key, part) for table in present}
    receipts: dict[str, list[Receipt | None]] = {"rejects": []}
    rows_in = rows_out = 0
    for table, place in places.items():
        receipts[table] = []
        for piece in slices_of(lake.store, lake.files(table, part=part)):
            kept, lost = _divided(lake, piece, withdrawn, place, rejects, table)
            receipts[table].append(kept)
            receipts["rejects"].append(lost)
            rows_in += piece.rows
            rows_out += kept.rows if kept else 0
    outputs = [Output("rejects", rejects.part, receipts["rejects"])]
    outputs += [Output(table, place.part, receipts[table]) for table, place in places.items()]
    rejected = {Reason.WITHDRAWN.value: rows_in - rows_out}
    counts = {"source": source}
    return publish_stage(
        lake, stage="withdraw", key=key, rows_in=rows_in, rows_out=rows_out, rejected=rejected, outputs=outputs, details=counts
    )


def _divided(
    lake: Lake, piece: FileSlice, withdrawn: Withdrawn, place: ShardLocation, rejects: ShardLocation, table: str
) -> Sequence[Receipt | None]:
    rows = read_slice(lake.store, piece)
    lost = withdrawn.rows(rows)
    identity = "image_id" if table == "images" else "instance_id"
    refused = withdrawn_rejects("withdraw", rows.filter(lost), withdrawn, identity=identity)
    return write_shard(place, piece.shard, [rows.filter(pc.invert(lost))]), write_shard(rejects, f"{table}-{piece.shard}", [refused])
