"""Publishes a lake's tables up to the plan by the pure functions, without any engine."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from jobs.balance.cells import candidates, cell_table
from jobs.balance.eligibility import ELIGIBLE, find_ineligible
from jobs.balance.plan import plan_instances
from jobs.balance.report import balance_table, tally
from jobs.label.instances import label_annotations
from lake.configuration import BalanceSpec, CropSpec
from lake.lake import Lake, connect_lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import shard_name, write_shard
from taxonomy.labelling import load_labelling
from tests.support.annotation_tables import LABEL_MAPS, LABELS, TAXONOMY, invented_annotations, invented_images


def planned_lake(folder: Path, *, images: int = 60, annotations: int = 1_500) -> Lake:
    """Publish invented images and annotations with the instances, plan, report and rejects that follow from them."""
    (folder / "maps").mkdir()
    (folder / "common.yaml").write_text(TAXONOMY, encoding="utf-8")
    for customer, text in LABEL_MAPS.items():
        (folder / "maps" / f"{customer}.yaml").write_text(text, encoding="utf-8")
    lake = connect_lake(str(folder / "store"))
    pictures = invented_images(images)
    objects = invented_annotations(pictures, annotations)
    instances = label_annotations(objects, pictures, load_labelling(folder / "common.yaml", folder / "maps")).instances
    balance, crops = BalanceSpec(target=annotations // 2), CropSpec()
    cells = cell_table([candidates(instances, find_ineligible(instances, crops) == ELIGIBLE, balance, seed=crops.seed)], balance)
    planned = plan_instances(instances, cells, balance, crops)
    report = balance_table([tally(instances, planned, balance)], cells)
    for source in sorted(LABELS):
        part = {"source": source}
        publish_rows(lake, {"images": _of(pictures, source), "annotations": _of(objects, source)}, part=part, key=source)
        publish_rows(lake, {"rejects": _of(planned.rejects, source)}, part={"stage": "balance", **part}, key="rejects")
    publish_rows(lake, {"instances": instances, "balance": report, "plan": planned.plan}, part={}, key="plan")
    return lake


def publish_rows(lake: Lake, tables: Mapping[str, pa.Table], *, part: Mapping[str, str], key: str) -> None:
    """Publish rows of tables as one stage, each table as one shard."""
    stage_key = key.encode().hex().ljust(64, "0")[:64]
    outputs = [
        Output(table, part, [write_shard(lake.location(table, stage_key, part), shard_name(0, 1), [rows])])
        for table, rows in tables.items()
    ]
    rejected = tables["rejects"].column("reason").value_counts().to_pylist() if "rejects" in tables else []
    counts = {pair["values"]: pair["counts"] for pair in rejected}
    rows_out = 0 if counts else 1
    publish_stage(
        lake, stage=key, key=stage_key, rows_in=rows_out + sum(counts.values()), rows_out=rows_out, rejected=counts, outputs=outputs
    )


def _of(rows: pa.Table, source: str) -> pa.Table:
    return rows.filter(pc.equal(rows.column("source"), source))
