"""What workers wrote of one export in, the three tables of the source published out, earlier rows carried along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.ingest.annotate import CONTENT, STAGE, by_reason
from jobs.ingest.carried_rows import EARLIER, Earlier, containers, same_export, standing_rows
from jobs.ingest.images import Images
from jobs.ingest.plan import keyed_with
from jobs.ingest.shards import WrittenShard, write_rejects
from jobs.quality.check import Run, check_quality, here
from jobs.sources.records import Rejected
from lake.configuration import Source
from lake.contracts import Annotation, Image
from lake.digests import StageKey
from lake.lake import Lake
from lake.publishing.publish import Output, publish_stage, skipped_report
from lake.publishing.records import records_of
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard
from lake.publishing.stage_report import StageReport
from lake.schemas import empty_table


@dataclass(frozen=True, slots=True)
class Findings:
    """What one export holds, before it is published; `shards` counts the plan's shards, with the last for the rest."""

    pictures: Images
    homeless: Sequence[Rejected]  # records that belong to no unit
    written: Sequence[WrittenShard]
    shards: int
    places: Mapping[str, ShardLocation]  # by table, taken before the work began
    unread: int = 0  # units whose rows were taken over from the publication before


def targets(source: Source) -> list[tuple[str, Mapping[str, str]]]:
    """Return the tables and parts that a source publishes, the main table last."""
    part = {"source": source.name}
    return [("rejects", {"stage": STAGE, **part}), ("images", part), ("annotations", part)]


def published_report(lake: Lake, source: Source, export_key: StageKey) -> StageReport | None:
    """Return the report of the same export, if that is what the source's tables hold now."""
    for key in (export_key, _published_key(lake, source, export_key)):
        if key is not None and (done := skipped_report(lake, stage=STAGE, key=key, targets=targets(source))) is not None:
            return done
    return None


def publication_key(lake: Lake, source: Source, export_key: StageKey) -> StageKey:
    """Return the key to publish under: an incomplete export's result depends on what stood before, too."""
    if source.complete or not _files(lake, "annotations", source):
        return export_key
    content = lake.snapshot("annotations", part={"source": source.name}).content
    return keyed_with(export_key, {EARLIER: content})


def publish_findings(lake: Lake, key: StageKey, source: Source, found: Findings, seconds: float, run: Run = here) -> StageReport:
    """Write what is left to write and publish the source's tables; `run` as in `jobs.quality.check.check_quality`.

    Raises:
        ConservationError: A record is unaccounted for; nothing is published.
        ExpectationError: A row fails an expectation; nothing is published.
    """
    pictures = found.pictures.rows
    earlier = _earlier(lake, source, found, pictures)
    carried = earlier if not source.complete else _nothing()
    last = shard_name(found.shards, found.shards + 1)
    rejected = [*found.pictures.rejected, *found.homeless]
    places = found.places
    images = pa.concat_tables([pictures, carried.images]).sort_by("image_id")
    receipts: dict[str, list[Receipt | None]] = {
        "rejects": [*(shard.rejects for shard in found.written), write_rejects(places["rejects"], last, rejected, source.name)],
        "images": [write_shard(places["images"], last, [images])],
        "annotations": [
            *(shard.annotations for shard in found.written),
            write_shard(places["annotations"], last, [carried.annotations]),
        ],
    }
    # An export of boxes alone, or without its images, ends in rejects: there is nothing to check then, and nothing passes.
    expectations = check_quality(lake, "annotations", key, receipts["annotations"], run=run, may_be_empty=True)
    counts = total([by_reason(rejected), *(shard.rejected for shard in found.written)])
    objects, kept = sum(shard.found for shard in found.written), sum(shard.kept for shard in found.written)
    stood = len(carried.images) + len(carried.annotations)
    return publish_stage(
        lake,
        stage=STAGE,
        key=key,
        rows_in=len(pictures) + len(rejected) + objects + stood,
        rows_out=len(pictures) + kept + stood,
        rejected=counts,
        outputs=[Output(table, part, receipts[table]) for table, part in targets(source)],
        seconds=seconds,
        details={
            "source": source.name,
            "images": len(pictures),
            "image_records": len(pictures) + len(found.pictures.rejected),
            "annotations": kept,
            "object_records": objects,
            "rejected": counts,
            "carried": {"images": len(carried.images), "annotations": len(carried.annotations), "bare_images": carried.bare()},
            "replaced": earlier.replaced,
            "unread": found.unread,
            "expectations": expectations,
            "tombstoned": len(earlier.annotations) if source.complete else 0,
        },
    )


def account_of(report: StageReport) -> str:
    """Return one source's report as a line: what its records became, so that everybody can add it up."""
    found = report.details
    images, objects = found["image_records"] - found["images"], found["object_records"] - found["annotations"]
    documents = sum(found["rejected"].values()) - images - objects
    parts = [
        f"{found['image_records']:,} image records = {found['images']:,} images + {images:,} rejected",
        f"{found['object_records']:,} object records = {found['annotations']:,} annotations + {objects:,} rejected",
        *([f"rejected documents: {documents:,}"] if documents else []),
        ", ".join(f"{count:,} {reason}" for reason, count in found["rejected"].items()) or "no rejects",
    ]
    return f"{found['source']}: {'; '.join(parts)}" + (" (already committed)" if report.skipped else "")


def total(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Add up counts by reason."""
    reasons = sorted({reason for count in counts for reason in count})
    return {reason: sum(count.get(reason, 0) for count in counts) for reason in reasons}


def _earlier(lake: Lake, source: Source, found: Findings, pictures: pa.Table) -> Earlier:
    if not _files(lake, "annotations", source) and not _files(lake, "images", source):
        return _nothing()
    receipts = [receipt for shard in found.written for receipt in (shard.annotations, shard.rejects) if receipt is not None]
    brought = containers(_columns(lake, receipt, ["source_ref"]).column(0) for receipt in receipts) | found.pictures.documents
    where: dict[str, Any] = {"source": source.name}
    annotations = lake.batches("annotations", where=where) if lake.has("annotations") else iter(())
    written = [shard.annotations for shard in found.written if shard.annotations is not None]
    contents = (_columns(lake, receipt, CONTENT) for receipt in written)
    return standing_rows(lake.read("images", where=where), annotations, brought, pictures, contents)


def _columns(lake: Lake, receipt: Receipt, names: Sequence[str]) -> pa.Table:
    with lake.store.open_input(receipt.path) as stream:
        return pq.read_table(stream, columns=list(names))


def source_files(lake: Lake, source: Source) -> frozenset[str]:
    """Return the files of annotations that hold a source now, relative to the store's root."""
    return frozenset(_files(lake, "annotations", source))


def _nothing() -> Earlier:
    return Earlier(empty_table(Image), empty_table(Annotation), 0)


def _files(lake: Lake, table: str, source: Source) -> list[str]:
    return [file.path for file in lake.files(table, part={"source": source.name})] if lake.has(table) else []


def _published_key(lake: Lake, source: Source, export_key: StageKey) -> str | None:
    """Return the key under which the source's annotations stand, if it is one of the same export."""
    for prefix in sorted({path.split("/")[2] for path in _files(lake, "annotations", source)}):
        for record in records_of(lake.store, prefix):
            if record.report.stage == STAGE and same_export(record.preimage, export_key.preimage):
                return record.report.key
    return None
