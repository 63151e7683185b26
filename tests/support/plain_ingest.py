"""Exports ingested by the plain functions alone, without Spark or a lake, for tests of readers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.ingest.annotate import OWNER, Outcomes, Record, Row, UnitRecords, annotate_units, reject_rows, without_duplicates
from jobs.ingest.image_files import ImageOutcome, SoundImage
from jobs.ingest.images import by_name, pictures, reject_repeated_refs
from jobs.ingest.shards import CheckImages, read_units
from jobs.sources.files.exports import open_export
from jobs.sources.records import Rejected, Unit
from jobs.sources.registry import reader_of
from lake.configuration import Source, Splits
from lake.contracts import Annotation
from lake.schemas import empty_table
from lake.storage.store import Store


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


def annotate(records: Iterable[Record], images: Mapping[str, ImageOutcome], source: Source) -> Outcomes:
    """Turn the records of one unit into rows of `annotations`."""
    found, rows, rejected = annotate_units([UnitRecords(0, records, images)], source)
    return Outcomes(found, rows.drop_columns(OWNER), [reject for _, reject in rejected])


def plain_ingest(store: Path, source: Source) -> Ingested:
    """Ingest one export; images that it carries inside go below `store`.

    Raises:
        AssertionError: A record was lost.
    """
    export = open_export(source.annotations, source.images, source.classes, scene=source.scene, store=Store(str(store)))
    reader = reader_of(source.format)
    divided = list(reader.units(export))
    units = [unit for unit in divided if isinstance(unit, Unit)]
    checked = CheckImages(export, source, Store(str(store)))(units)
    listing = reject_repeated_refs([unit.images for unit in checked])
    found = pictures(listing, source, Splits())
    tables, records = [empty_table(Annotation)], 0
    rejected = [*found.rejected, *(unit for unit in divided if isinstance(unit, Rejected))]
    for unit, outcomes in zip(units, listing, strict=True):
        read, rows, lost = read_units(export, source, [(0, unit, by_name(outcomes))])
        tables.append(rows.drop_columns(OWNER))
        rejected += (reject for _, reject in lost)
        assert read == len(rows) + len(lost)
        records += read
    kept, doubles = without_duplicates(pa.concat_tables(tables))
    listed = sum(isinstance(outcome, SoundImage) for unit in listing for outcome in unit)
    assert sum(len(table) for table in tables) == len(kept) + len(doubles)
    assert listed >= len(found.rows)
    return Ingested(found.rows.to_pylist(), kept.to_pylist(), reject_rows([*rejected, *doubles], source.name), records)
