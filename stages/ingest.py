"""Ingest: every export that the pipeline names, in `images` and `annotations`, or among the rejects; each is published by itself."""

from jobs.garbage_collection import no_collections
from jobs.ingest.accounts import joined_report, log_account
from jobs.ingest.chosen_sources import chosen_sources
from jobs.ingest.source_reading import SourceReading
from jobs.ingest.standing_export import key_inputs, published_report, source_files
from jobs.ingest.versions import INGEST_VERSION
from lake.configuration import Source
from lake.digests import StageKey
from lake.errors import SourceLossError
from lake.publishing.records import Target
from lake.publishing.stage_report import StageReport
from lake.withdrawals import read_withdrawn
from stages.stage import Computed, Publication, Run, Stage


@no_collections()
def _reading(run: Run, source: Source) -> SourceReading:
    """Divide an export and read the images of those of its units that are new or changed, unless all files are as they were."""
    return SourceReading(source, run.lake.store, run.workers, run.pipeline.splits, read_withdrawn(run.lake))


def _targets(_run: Run, part: SourceReading) -> list[Target]:
    named = {"source": part.source.name}
    return [("rejects", {"stage": "ingest", **named}), ("images", named), ("annotations", named)]


def _committed(run: Run, part: SourceReading, key: StageKey) -> StageReport | None:
    if (report := published_report(run.lake, part.source, key, _targets(run, part))) is not None:
        part.keep_readings()
    return report


@no_collections()
def _compute(run: Run, part: SourceReading, publication: Publication) -> Computed:
    """Write a read export's annotations, shard by shard, and beside them its images and the earlier rows that stand on."""
    from jobs.ingest.carried_rows import Earlier, rows_to_carry
    from jobs.ingest.image_table import export_images
    from jobs.ingest.losses import check_losses, losses_of
    from jobs.ingest.publication import merged_receipts, source_details
    from jobs.ingest.write_shards import WriteShard, reusable_rows, save_written, shard_units
    from lake.publishing.reading import undamaged

    read, plan, source, locations = part.read, part.read.plan, part.source, publication.locations
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
    parts=lambda run: (_reading(run, source) for source in chosen_sources(run.pipeline, **run.arguments)),
    defers=(SourceLossError,),  # the other sources are published
    targets=_targets,
    spec=lambda run, part: {"source": part.source, "splits": run.pipeline.splits},
    inputs=lambda run, part: key_inputs(part.inputs, part.source, run.lake),
    committed=_committed,
    compute=_compute,
    checks="annotations",
    may_be_empty=True,  # an export of boxes alone, or without its images, ends in rejects
    finish=lambda _run, report: log_account(report),
    join=joined_report,
)
