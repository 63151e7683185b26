"""Exports ingested by the plain functions alone, without Spark or a lake, for tests of readers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.ingest.annotate import Record, UnitRecords, annotate_units, read_objects, without_duplicates
from jobs.ingest.annotation_table import OWNER
from jobs.ingest.export_plan import plan_export
from jobs.ingest.image_files import ImageOutcome, SoundImage
from jobs.ingest.image_table import by_name, export_images, reject_repeated_refs
from jobs.ingest.read_export import ReadImages
from jobs.ingest.write_shards import rejected_rows
from jobs.sources.records import Rejected
from lake.configuration import Source, Splits
from lake.contracts import Annotation
from lake.schemas import empty_table
from lake.storage.store import Store

Row = dict[str, Any]

NO_LIMITS = {"rejected": 1, "vanished": 1}
"""`limits` of pipelines whose exports are faulty on purpose."""


@dataclass(frozen=True, slots=True)
class Annotated:
    """What became of some records: `found` of them, each a row of `annotations` or a reject."""

    found: int
    annotations: pa.Table
    rejected: list[Rejected]


@dataclass(frozen=True, slots=True)
class Ingested:
    """Rows of the three tables, and how many records the readers found."""

    images: list[Row]
    annotations: list[Row]
    rejects: list[Row]
    found: int

    def reasons(self) -> dict[str, int]:
        """Count the rejects by reason."""
        return dict(sorted(Counter(row["reason"] for row in self.rejects).items()))

    def labels(self) -> dict[str, int]:
        """Count the annotations by label."""
        return dict(sorted(Counter(row["label"] for row in self.annotations).items()))


def source_of(name: str, **stanza: Any) -> Source:
    """Return a source's stanza with what a test does not care about filled in."""
    return Source(**{"name": name, "customer": name, "domain": "test", "scene": "partial", **stanza})


def annotate(records: Iterable[Record], images: Mapping[str, ImageOutcome], source: Source) -> Annotated:
    """Turn the records of one unit into rows of `annotations`."""
    found, rows, rejected = annotate_units([UnitRecords(0, records, images)], source)
    return Annotated(found, rows.drop_columns(OWNER), [reject for _, reject in rejected])


def plain_ingest(store: Path, source: Source) -> Ingested:
    """Ingest one export; images that it carries inside go below `store`.

    Raises:
        AssertionError: A record was lost.
    """
    plan = plan_export(source, Store(str(store)))
    read = ReadImages(plan.export, source, Store(str(store)))(plan.units)
    listing = reject_repeated_refs([unit.images for unit in read])
    found = export_images(listing, source, Splits())
    tables, records = [empty_table(Annotation)], 0
    rejected = [*found.rejected, *plan.unassigned]
    for unit, outcomes in zip(plan.units, listing, strict=True):
        objects, rows, lost = read_objects(plan.export, source, [(0, unit, by_name(outcomes))])
        tables.append(rows.drop_columns(OWNER))
        rejected += (reject for _, reject in lost)
        assert objects == len(rows) + len(lost)
        records += objects
    kept, duplicates = without_duplicates(pa.concat_tables(tables))
    listed = sum(isinstance(outcome, SoundImage) for unit in listing for outcome in unit)
    assert sum(len(table) for table in tables) == len(kept) + len(duplicates)
    assert listed >= len(found.rows)
    return Ingested(found.rows.to_pylist(), kept.to_pylist(), rejected_rows([*rejected, *duplicates], source.name).to_pylist(), records)
