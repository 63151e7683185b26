"""Writes one shard of an export: its units' objects are read, rasterised and written as Parquet, or taken over as they stand."""

from collections import ChainMap, Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from jobs.ingest.annotate import read_objects, without_duplicates
from jobs.ingest.annotation_table import OWNER, owned_rows
from jobs.ingest.cached_units import StoredRows
from jobs.ingest.image_files import image_outcomes, outcome_columns
from jobs.ingest.image_table import by_name
from jobs.ingest.read_export import ReadExport
from jobs.sources.fields.private_text import without_secrets
from jobs.sources.files.exports import Export
from jobs.sources.record_columns import Columns
from jobs.sources.records import Rejected, Unit
from lake.configuration import Source
from lake.contracts import Annotation
from lake.digests import digest
from lake.errors import ConservationError
from lake.publishing.reading import open_parquet
from lake.publishing.shards import Receipt, ShardLocation, shard_name, write_shard
from lake.rejects import reject_table
from lake.schemas import conform

LONGEST_DETAIL = 300
"""Characters of a reject's detail: an export's text never grows the table without bound."""
MOST_REJECTS = 1000
"""Rejects of a unit that the ingest cache keeps; a unit with more is read again."""


@dataclass(frozen=True, slots=True)
class ShardUnits:
    """The units of one shard, each with its images, and with where its rows stand if they are taken over."""

    name: str
    units: Sequence[Unit]
    images: Sequence[Columns]  # see `jobs.ingest.image_files.outcome_columns`
    reused: Sequence[StoredRows | None]
    owners: Mapping[str, Sequence[int]] = field(default_factory=dict)  # of each row in the files that `reused` names


@dataclass(frozen=True, slots=True)
class WrittenShard:
    """Receipts and counts of one shard."""

    found: int
    kept: int
    rejected: Counter[str]  # by reason
    annotations: Receipt | None
    rejects: Receipt | None
    owners: Sequence[int]  # of each row of annotations, the index of its unit in the shard
    stored: Sequence[StoredRows | None]  # where each unit's rows stand now; None where they cannot be taken over
    examples: Mapping[str, str] = field(default_factory=dict)  # see `reject_examples`


def reusable_rows(read: ReadExport, files: Sequence[str]) -> list[StoredRows | None]:
    """Return, for each unit, where its rows stand, if they are what would be written now; else None.

    Args:
        read: The export.
        files: Of annotations that the source's tables hold now, relative to the store's root.
    """
    held = {None, *files}
    return [
        reading.rows if reading.rows is not None and reading.rows.file in held and tuple(images) == reading.images else None
        for reading, images in zip(read.readings, read.listing, strict=True)
    ]


def shard_units(read: ReadExport, reused: Sequence[StoredRows | None]) -> list[ShardUnits]:
    """Return what is to be written, shard by shard; one more shard is named for what belongs to none.

    Args:
        read: The export.
        reused: For each unit, where its rows stand, or None where it is read.
    """
    shards = read.plan.shards
    return [
        ShardUnits(
            shard_name(index, len(shards) + 1),
            read.plan.units[shard.start : shard.stop],
            [outcome_columns(images) for images in read.listing[shard.start : shard.stop]],
            reused[shard.start : shard.stop],
            read.cache.owners_of(reused[shard.start : shard.stop]),
        )
        for index, shard in enumerate(shards)
    ]


def save_written(read: ReadExport, written: Sequence[WrittenShard]) -> None:
    """Keep in the ingest cache what was read and where it was written; of a unit with a repeated image, only what was read."""
    stored = [rows for shard in written for rows in shard.stored]
    whole = [tuple(images) == reading.images for images, reading in zip(read.listing, read.readings, strict=True)]
    rows = [one if is_whole else None for one, is_whole in zip(stored, whole, strict=True)]
    owners = {shard.annotations.path: shard.owners for shard in written if shard.annotations is not None}
    read.cache.save(read.plan.units, read.readings, rows, owners)


@dataclass(frozen=True, slots=True)
class WriteShard:
    """Reads, rasterises and writes the objects of a shard's units; picklable, for a worker."""

    export: Export
    source: Source
    annotations: ShardLocation
    rejects: ShardLocation

    def __call__(self, shard: ShardUnits) -> WrittenShard:
        found, read, rejects = self._read(shard)
        kept, duplicates = without_duplicates(read)
        rejected = [*(reject for unit in rejects for reject in unit), *duplicates]
        if found != len(kept) + len(rejected):
            raise ConservationError(
                f"shard {shard.name} of source {self.source.name!r}: {found:,} records read, {len(kept):,} kept and "
                f"{len(rejected):,} rejected"
            )
        receipt = write_shard(self.annotations, shard.name, [kept.drop_columns(OWNER)])
        file, owners = receipt.path if receipt else None, kept.column(OWNER).to_numpy()
        # A unit that lost a row to an equal one is read again: that one may be gone by then.
        lost = np.bincount(read.column(OWNER).to_numpy(), minlength=len(rejects)) != np.bincount(owners, minlength=len(rejects))
        return WrittenShard(
            found,
            len(kept),
            Counter(reject.reason.value for reject in rejected),
            receipt,
            write_rejected(self.rejects, shard.name, rejected, self.source.name),
            owners.tolist(),
            [
                None if again or len(unit) > MOST_REJECTS else StoredRows(file, owner, tuple(unit))
                for owner, (again, unit) in enumerate(zip(lost.tolist(), rejects, strict=True))
            ],
            reject_examples(rejected),
        )

    def _read(self, shard: ShardUnits) -> tuple[int, pa.Table, list[list[Rejected]]]:
        """Return how many records a shard's units hold, their rows with the unit of each, and the rejects of each unit."""
        units = enumerate(zip(shard.units, shard.images, shard.reused, strict=True))
        opened = [(owner, unit, by_name(image_outcomes(images))) for owner, (unit, images, stored) in units if stored is None]
        found, rows, rejected = read_objects(self.export, self.source, opened)
        rejects = [list(stored.rejected) if stored else [] for stored in shard.reused]
        tables = [*self._reused_rows(shard), rows]
        found += sum(map(len, rejects)) + sum(map(len, tables[:-1]))
        for owner, reject in rejected:
            rejects[owner].append(reject)
        return found, pa.concat_tables(tables), rejects

    def _reused_rows(self, shard: ShardUnits) -> Iterator[pa.Table]:
        files: dict[str, pa.Table] = {}
        for owner, stored in enumerate(shard.reused):
            if stored is None or stored.file is None:
                continue
            if stored.file not in files:
                with open_parquet(self.annotations.store, stored.file) as file:
                    files[stored.file] = conform(file.read(), Annotation)
            rows = files[stored.file].filter(pa.array(np.asarray(shard.owners[stored.file]) == stored.owner))
            yield owned_rows(rows, [owner] * len(rows))


def write_rejected(location: ShardLocation, name: str, rejected: Sequence[Rejected], source: str) -> Receipt | None:
    """Write one shard of `rejects`; None where there are none."""
    return write_shard(location, name, [rejected_rows(rejected, source)])


def rejected_rows(rejected: Iterable[Rejected], source: str) -> pa.Table:
    """Turn rejects into rows of `rejects`, sorted; equal ones are told apart by a count."""
    ordered = sorted(rejected, key=lambda reject: (reject.ref, reject.reason.value, reject.detail))
    earlier, keys = Counter[Rejected](), []
    for reject in ordered:
        keys.append(digest(source, reject.ref, reject.detail, earlier[reject]))
        earlier[reject] += 1
    return reject_table(
        "ingest",
        keys=keys,
        sources=[source] * len(keys),
        refs=[reject.ref for reject in ordered],
        reasons=[reject.reason.value for reject in ordered],
        details=[_kept_detail(reject) for reject in ordered],
    )


def reject_examples(rejected: Iterable[Rejected]) -> dict[str, str]:
    """Return what was wrong with the first reject of each reason, in words, by reason."""
    examples: dict[str, str] = {}
    for reject in rejected:
        if reject.reason.value not in examples:
            examples[reject.reason.value] = _kept_detail(reject)
    return examples


def export_examples(others: Iterable[Rejected], written: Sequence[WrittenShard]) -> dict[str, str]:
    """Return an example of each reason as `reject_examples` does, of all rejects of an export.

    Args:
        others: Rejects that belong to no shard.
        written: The shards.
    """
    return dict(ChainMap(reject_examples(others), *(dict(shard.examples) for shard in written)))


def _kept_detail(reject: Rejected) -> str:
    return without_secrets(reject.detail)[:LONGEST_DETAIL]
