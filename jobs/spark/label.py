"""The tables `annotations` and `images` in, the table `instances` out; see `jobs.label.instances`."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from jobs.file_slices import FileSlice, counted, read_slice, slices_of, summed, write_rejects
from jobs.label.duplicates import GROUP_COLUMNS, Group, join_groups, regroup
from jobs.label.instances import IMAGE_COLUMNS, LABEL_COLUMNS, STAGE, label_annotations, label_counts
from jobs.quality.check import check_quality
from jobs.spark.session import spark_session
from jobs.spark.tasks import run_tasks
from lake.configuration import Pipeline
from lake.digests import stage_key
from lake.lake import Lake, open_lake
from lake.publishing.publish import Output, publish_stage, skipped_report
from lake.publishing.shards import Receipt, ShardLocation, write_shard
from lake.publishing.snapshots import AsOf
from lake.publishing.stage_report import StageReport
from lake.storage.store import Store
from taxonomy.labelling import Labelling, load_labelling

INPUTS = ("annotations", "images")
_REJECTS = {"stage": STAGE}


@dataclass(frozen=True, slots=True)
class _UnitReport:
    """What a worker says of the unit that it labelled."""

    rows_in: int
    instances: Receipt | None
    rejects: list[Receipt | None]
    rejected: Counter[str]
    dispositions: Counter[str]


@dataclass(frozen=True, slots=True)
class _Labeller:
    """Labels units of `annotations` on a worker."""

    store: Store
    instances: ShardLocation
    rejects: ShardLocation
    images: tuple[FileSlice, ...]
    groups: Mapping[str, Group]
    labelling: Labelling

    def __call__(self, unit: FileSlice) -> _UnitReport:
        annotations = read_slice(self.store, unit)
        labelled = label_annotations(annotations, self._images(annotations), self.labelling)
        return _UnitReport(
            rows_in=len(annotations),
            instances=write_shard(self.instances, unit.shard, [labelled.instances]),
            rejects=write_rejects(self.rejects, unit.shard, labelled.rejects),
            rejected=counted(labelled.rejects.column("reason")),
            dispositions=counted(labelled.instances.column("disposition")),
        )

    def _images(self, annotations: pa.Table) -> pa.Table:
        wanted = pc.unique(annotations.column("image_id"))
        parts = (read_slice(self.store, unit, IMAGE_COLUMNS) for unit in self.images)
        found = pa.concat_tables([part.filter(pc.is_in(part.column("image_id"), wanted)) for part in parts])
        return regroup(found, self.groups)


def label(pipeline: Pipeline, *, as_of: AsOf = None) -> StageReport:
    """Put every annotation under the taxonomy, or among the rejects; publishes `instances`.

    Args:
        pipeline: The pipeline.
        as_of: Of what it reads; see `lake.publishing.snapshots.AsOf`. What it publishes is published now.

    Raises:
        ConfigurationError: The taxonomy or a label map cannot be used.
        UnmappedLabelError: Labels are in no label map; the message lists all of them.
        MissingTableError: Nothing has been ingested.
        ContractError: A group of images lies in two splits.
        ExpectationError: The instances do not meet the expectations on their table; nothing is published.
    """
    started = time.monotonic()
    lake = open_lake(pipeline).pinned(as_of, tables=INPUTS)
    labelling = load_labelling(pipeline.taxonomy, pipeline.label_maps)
    key = _key(lake, pipeline, labelling)
    if (done := skipped_report(lake, stage=STAGE, key=key, targets=[("rejects", _REJECTS), ("instances", {})])) is not None:
        return done
    places = lake.location("instances", key), lake.location("rejects", key, _REJECTS)
    labelling.check_mapped(label_counts(lake.batches("annotations", columns=LABEL_COLUMNS, batch_rows=65_536)))
    annotations, images = slices_of(lake.store, lake.files("annotations")), slices_of(lake.store, lake.files("images"))
    joined = join_groups(lake.read("images", columns=GROUP_COLUMNS), pipeline.splits.near_duplicates)
    work = _Labeller(lake.store, *places, tuple(images), joined.groups, labelling)
    spark = spark_session(pipeline)
    reports = run_tasks(spark, annotations, work)
    instances = [report.instances for report in reports]
    return publish_stage(
        lake,
        stage=STAGE,
        key=key,
        rows_in=sum(report.rows_in for report in reports),
        rows_out=sum(report.instances.rows for report in reports if report.instances),
        rejected=summed(report.rejected for report in reports),
        outputs=[
            Output("rejects", _REJECTS, [receipt for report in reports for receipt in report.rejects]),
            Output("instances", {}, instances),
        ],
        seconds=time.monotonic() - started,
        details={
            "expectations": check_quality(lake, "instances", key, instances, run=partial(run_tasks, spark)),
            "dispositions": summed(report.dispositions for report in reports),
            "joined_groups": {"groups": len(joined.groups), "largest": joined.largest, "alike_pairs": joined.alike},
        },
    )


def _key(lake: Lake, pipeline: Pipeline, labelling: Labelling) -> str:
    customers = sorted({source.customer for source in pipeline.sources})
    spec = {
        "taxonomy": {customer: labelling.digest_for(customer) for customer in customers},
        "near_duplicates": pipeline.splits.near_duplicates,
    }
    return stage_key(STAGE, inputs={table: lake.snapshot(table).content for table in INPUTS}, spec=spec)
