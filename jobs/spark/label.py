"""The tables `annotations` and `images` in, the table `instances` out; see `jobs.label`."""

import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.label import IMAGE_COLUMNS, LABEL_COLUMNS, STAGE, label_annotations, label_counts
from jobs.spark.session import spark_session
from jobs.spark.units import run_units, total
from jobs.units import Unit, read_unit, units_of, write_rejects
from lake.configuration import Pipeline
from lake.digests import stage_key
from lake.lake import Lake, open_lake
from lake.publishing import Output, publish_stage, skipped_report
from lake.shards import Receipt, ShardPlace, shard_name, write_shard
from lake.stage_report import StageReport
from lake.store import Store
from taxonomy.labelling import Labelling, load_labelling

_REJECTS = {"stage": STAGE}


@dataclass(frozen=True, slots=True)
class _LabelUnit:
    """Labels one unit of `annotations` on a worker."""

    store: Store
    instances: ShardPlace
    rejects: ShardPlace
    images: tuple[Unit, ...]
    labelling: Labelling
    units: int

    def __call__(self, number: int, unit: Unit) -> dict[str, Any]:
        annotations = read_unit(self.store, unit)
        labelled = label_annotations(annotations, self._images(annotations), self.labelling)
        name = shard_name(number, self.units)
        receipt = write_shard(self.instances, name, [labelled.instances])
        rejects = write_rejects(self.rejects, name, labelled.rejects)
        return {
            "rows_in": len(annotations),
            "instances": [asdict(receipt)] if receipt else [],
            "rejects": [asdict(one) for one in rejects],
            "rejected": Counter(labelled.rejects.column("reason").to_pylist()),
            "dispositions": Counter(labelled.instances.column("disposition").to_pylist()),
        }

    def _images(self, annotations: pa.Table) -> pa.Table:
        wanted = pc.unique(annotations.column("image_id"))
        parts = (read_unit(self.store, unit, IMAGE_COLUMNS) for unit in self.images)
        return pa.concat_tables([part.filter(pc.is_in(part.column("image_id"), wanted)) for part in parts])


def label(pipeline: Pipeline) -> StageReport:
    """Put every annotation under the taxonomy, or among the rejects; publishes `instances`.

    Raises:
        ConfigurationError: The taxonomy or a label map cannot be used.
        UnmappedLabelError: Labels are in no label map; the message lists all of them.
        MissingTableError: Nothing has been ingested.
    """
    started = time.monotonic()
    lake = open_lake(pipeline)
    labelling = load_labelling(pipeline.taxonomy, pipeline.label_maps)
    key = _key(lake, pipeline, labelling)
    if (done := skipped_report(lake, stage=STAGE, key=key, targets=[("rejects", _REJECTS), ("instances", {})])) is not None:
        return done
    labelling.check_mapped(label_counts(lake.batches("annotations", columns=LABEL_COLUMNS, batch_rows=65_536)))
    annotations, images = units_of(lake.store, lake.files("annotations")), units_of(lake.store, lake.files("images"))
    places = lake.place("instances", key), lake.place("rejects", key, _REJECTS)
    results = run_units(spark_session(pipeline), annotations, _LabelUnit(lake.store, *places, tuple(images), labelling, len(annotations)))
    instances, rejects = ([Receipt(**one) for result in results for one in result[name]] for name in ("instances", "rejects"))
    return publish_stage(
        lake,
        stage=STAGE,
        key=key,
        rows_in=sum(result["rows_in"] for result in results),
        rows_out=sum(receipt.rows for receipt in instances),
        rejected=total(results, "rejected"),
        outputs=[Output("rejects", _REJECTS, rejects), Output("instances", {}, instances)],
        seconds=time.monotonic() - started,
        details={"dispositions": total(results, "dispositions")},
    )


def _key(lake: Lake, pipeline: Pipeline, labelling: Labelling) -> str:
    customers = sorted({source.customer for source in pipeline.sources})
    spec = {customer: labelling.digest_for(customer) for customer in customers}
    return stage_key(STAGE, inputs={table: lake.snapshot(table).content for table in ("annotations", "images")}, spec=spec)
