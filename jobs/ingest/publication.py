"""Under which key an export is published, whether it has been before, and the account that is given of it."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from jobs.file_slices import summed
from jobs.ingest.cached_units import StoredRows
from jobs.ingest.carried_rows import CarriedRows, source_files
from jobs.ingest.image_files import SoundImage
from jobs.ingest.image_table import ExportImages, Listing
from jobs.ingest.read_export import ReadExport
from jobs.ingest.write_shards import WrittenShard, export_examples, write_rejected
from lake.configuration import Source
from lake.digests import StageKey, digest, stage_key
from lake.lake import Lake
from lake.publishing.publish import skipped_report
from lake.publishing.records import Target, records_of
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard
from lake.publishing.stage_report import StageReport

_log = logging.getLogger(__name__)

EARLIER = "earlier"
"""Name, among the inputs of a stage key, of the annotations that stood before."""


def key_inputs(read: ReadExport, lake: Lake) -> dict[str, str]:
    """Return the digests of what an export's rows are computed from: its files, and what stood before where it is incomplete."""
    source = read.plan.source
    inputs = {
        "documents": digest(read.documents),
        "images": hashlib.sha256(orjson.dumps(list(_image_states(read.listing)))).hexdigest(),
        "files": digest([list(reading.digests) for reading in read.readings]),
    }
    if source.complete or not source_files(lake, "annotations", source):
        return inputs
    return {**inputs, EARLIER: lake.snapshot("annotations", part={"source": source.name}).content}


def published_report(lake: Lake, source: Source, key: StageKey, targets: Sequence[Target]) -> StageReport | None:
    """Return the report of the same export, marked as skipped, if that is what the source's tables hold now.

    It may have been published when nothing stood before, or while something else did: then under another key than this.
    """
    wanted = without_earlier(key.preimage)
    keys: list[str] = [stage_key(wanted["stage"], inputs=wanted["inputs"], spec=wanted["spec"], version=wanted["version"])]
    for prefix in sorted({path.split("/")[2] for path in source_files(lake, "annotations", source)}):
        keys += [record.report.key for record in records_of(lake.store, prefix) if without_earlier(record.preimage) == wanted]
    reports = (skipped_report(lake, stage="ingest", key=published, targets=targets) for published in keys)
    return next((report for report in reports if report is not None), None)


def without_earlier(preimage: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a stage key is a digest of, less what stood before: equal for the same export and stanza."""
    inputs = {name: value for name, value in preimage.get("inputs", {}).items() if name != EARLIER}
    return {**preimage, "inputs": inputs}


def merged_receipts(
    locations: Mapping[str, ShardLocation], read: ReadExport, images: ExportImages, written: Sequence[WrittenShard], carried: CarriedRows
) -> dict[str, list[Receipt | None]]:
    """Write what belongs to no shard of the plan, as one more shard of each table; return all receipts by table.

    Args:
        locations: By table.
        read: The export.
        images: Of the export.
        written: Its shards.
        carried: Earlier rows that stand on.
    """
    name = shard_name(len(read.plan.shards), len(read.plan.shards) + 1)
    rows = pa.concat_tables([images.rows, carried.images]).sort_by("image_id")
    others = write_rejected(locations["rejects"], name, [*images.rejected, *read.plan.unassigned], read.plan.source.name)
    return {
        "rejects": [*(shard.rejects for shard in written), others],
        "images": [write_shard(locations["images"], name, [rows])],
        "annotations": [
            *(shard.annotations for shard in written),
            write_shard(locations["annotations"], name, [carried.annotations]),
        ],
    }


def source_details(
    read: ReadExport, images: ExportImages, written: Sequence[WrittenShard], carried: CarriedRows, reused: Sequence[StoredRows | None]
) -> dict[str, Any]:
    """Return the counts of one source for its report.

    Args:
        read: The export.
        images: Of the export.
        written: Its shards.
        carried: Earlier rows that stand on.
        reused: For each unit, where its rows stood that were taken over.
    """
    others = [*images.rejected, *read.plan.unassigned]
    return {
        "source": read.plan.source.name,
        "images": len(images.rows),
        "image_records": len(images.rows) + len(images.rejected),
        "annotations": sum(shard.kept for shard in written),
        "object_records": sum(shard.found for shard in written),
        "rejected": summed([Counter(reject.reason.value for reject in others), *(shard.rejected for shard in written)]),
        "examples": dict(sorted(export_examples(others, written).items())),
        "carried": {
            "images": len(carried.images),
            "annotations": len(carried.annotations),
            "unannotated_images": carried.unannotated_images(),
        },
        "replaced": carried.replaced,
        "reused_units": sum(rows is not None for rows in reused),
        "tombstoned": carried.tombstoned,
    }


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


def log_account(report: StageReport) -> None:
    """Log what became of one source's records; that nothing was kept of it is a warning, with the reason and an example."""
    _log.info("%s", account_of(report))
    found = report.details
    if found["rejected"] and not found["annotations"]:
        reason, count = max(found["rejected"].items(), key=lambda pair: pair[1])
        told = found.get("examples", {}).get(reason, "see the table rejects")
        _log.warning("%s: no object was kept; most of its rejects (%s) are %s: %s", found["source"], f"{count:,}", reason, told)


def joined_report(reports: Sequence[StageReport]) -> StageReport:
    """Return the report of all sources, with that of each under its name in `details`."""
    details: dict[str, Any] = {}
    for report in reports:
        counts = {"rows_in": report.rows_in, "rows_out": report.rows_out, "skipped": report.skipped}
        details[report.details["source"]] = {**report.details, **counts}
    return StageReport(
        "ingest",
        ",".join(report.key for report in reports),
        all(report.skipped for report in reports),
        sum(report.rows_in for report in reports),
        sum(report.rows_out for report in reports),
        summed(Counter(report.rejected) for report in reports),
        reports[-1].snapshots,
        sum(report.seconds for report in reports if not report.skipped),
        {"sources": details},
    )


def _image_states(listing: Listing) -> Iterator[tuple[str, str, str]]:
    for unit in listing:
        for outcome in unit:
            if isinstance(outcome, SoundImage):
                yield outcome.listed.ref, outcome.file.image_id, outcome.uri
            else:
                yield outcome.ref, outcome.reason.value, outcome.detail
