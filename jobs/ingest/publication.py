"""What a read export is published as: the digests that its key is made of, its receipts and its counts."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from jobs.file_slices import summed
from jobs.ingest.cached_units import StoredRows
from jobs.ingest.carried_rows import CarriedRows
from jobs.ingest.image_files import SoundImage
from jobs.ingest.image_table import ExportImages, Listing
from jobs.ingest.read_export import ReadExport
from jobs.ingest.write_shards import WrittenShard, export_examples, write_rejected
from lake.digests import digest
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard


def read_inputs(read: ReadExport) -> dict[str, str]:
    """Return the digests of what an export's rows are computed from: its documents, its images and the files of its units."""
    return {
        "documents": digest(read.documents),
        "images": hashlib.sha256(orjson.dumps(list(_image_states(read.listing)))).hexdigest(),
        "files": digest([list(reading.digests) for reading in read.readings]),
    }


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


def _image_states(listing: Listing) -> Iterator[tuple[str, str, str]]:
    for unit in listing:
        for outcome in unit:
            if isinstance(outcome, SoundImage):
                yield outcome.listed.ref, outcome.file.image_id, outcome.uri
            else:
                yield outcome.ref, outcome.reason.value, outcome.detail
