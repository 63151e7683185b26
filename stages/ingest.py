"""Ingest: every export that the pipeline names, in `images` and `annotations`, or among the rejects; each is published by itself."""

from jobs.garbage_collection import no_collections
from jobs.ingest.cache import IngestCache
from jobs.ingest.carried_rows import Earlier, rows_to_carry, source_files
from jobs.ingest.export_plan import INGEST_VERSION, chosen_sources, plan_export
from jobs.ingest.image_table import export_images
from jobs.ingest.losses import check_losses, losses_of
from jobs.ingest.publication import joined_report, key_inputs, log_account, merged_receipts, published_report, source_details
from jobs.ingest.read_export import ReadExport, read_export
from jobs.ingest.write_shards import WriteShard, reusable_rows, save_written, shard_units
from lake.configuration import Source
from lake.digests import StageKey
from lake.errors import SourceLossError
from lake.publishing.reading import undamaged
from lake.publishing.records import Target
from lake.publishing.stage_report import StageReport
from lake.withdrawals import read_withdrawn
from stages.stage import Computed, Publication, Run, Stage


@no_collections()
def _read(run: Run, source: Source) -> ReadExport:
    """Divide an export and read the images of those of its units that are new or changed."""
    plan, hashed = plan_export(source, run.lake.store), run.pipeline.splits.near_duplicates is not None
    cache = IngestCache.load(run.lake.store, source, plan.export, hashed=hashed)
    return read_export(plan, cache, run.workers, hashed=hashed, withdrawn=read_withdrawn(run.lake))


def _targets(_run: Run, read: ReadExport) -> list[Target]:
    part = {"source": read.plan.source.name}
    return [("rejects", {"stage": "ingest", **part}), ("images", part), ("annotations", part)]


def _committed(run: Run, read: ReadExport, key: StageKey) -> StageReport | None:
    report = published_report(run.lake, read.plan.source, key, _targets(run, read))
    if report is not None and read.opened:  # files were written again and hold what they held
        read.cache.save(read.plan.units, read.readings, read.cache.cached_rows(read.plan.units), read.cache.owners)
    return report


@no_collections()
def _compute(run: Run, read: ReadExport, publication: Publication) -> Computed:
    """Write a read export's annotations, shard by shard, and beside them its images and the earlier rows that stand on."""
    plan, source, locations = read.plan, read.plan.source, publication.locations
    images = export_images(read.listing, source, run.pipeline.splits)
    reused = reusable_rows(read, undamaged(run.lake.store, source_files(run.lake, "annotations", source)))
    written = run.workers.map(shard_units(read, reused), WriteShard(plan.export, source, locations["annotations"], locations["rejects"]))
    earlier = Earlier(run.lake, run.redo, publication.damaged)
    carried = rows_to_carry(earlier, read, images, written)
    accepted = check_losses(losses_of(earlier, read, images, written, carried), run.pipeline, run.arguments["accept_losses"])
    save_written(read, written)
    details = source_details(read, images, written, carried, reused) | accepted
    return Computed(
        rows_in=details["image_records"] + len(plan.unassigned) + details["object_records"] + len(carried),
        rows_out=details["images"] + details["annotations"] + len(carried),
        rejected=details["rejected"],
        receipts=merged_receipts(locations, read, images, written, carried),
        details=details,
    )


INGEST = Stage(
    name="ingest",
    version=INGEST_VERSION,
    reads=(),
    arguments=("only", "accept_losses"),
    parts=lambda run: (_read(run, source) for source in chosen_sources(run.pipeline, **run.arguments)),
    defers=(SourceLossError,),  # the other sources are published
    targets=_targets,
    spec=lambda run, read: {"source": read.plan.source, "splits": run.pipeline.splits},
    inputs=lambda run, read: key_inputs(read, run.lake),
    committed=_committed,
    compute=_compute,
    checks="annotations",
    may_be_empty=True,  # an export of boxes alone, or without its images, ends in rejects
    finish=lambda _run, report: log_account(report),
    join=joined_report,
)
