"""What an earlier ingest of a source kept in; the units that stand, the images that are known and the rows to take over out."""

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.ingest.annotate import Outcomes
from jobs.ingest.cache import Reading, Readings, Seen, StoredRows, known_images, load_readings, stands, unit_key
from jobs.ingest.image_files import ImageFile, ImageOutcome
from jobs.ingest.plan import VERSION
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import listed
from jobs.sources.records import Rejected, Unit
from lake.configuration import Source
from lake.contracts import CONTRACT_VERSION, Annotation
from lake.digests import digest
from lake.publishing.shards import Receipt
from lake.schemas import conform, empty_table
from lake.storage.store import Store

FEW = 256
"""Files that are looked up one by one; where there are more, their folder is listed once."""


def reading_settings(source: Source, export: Export, store: Store, *, hashed: bool) -> str:
    """Return a digest of all that a unit's reading depends on beside the files that it is read from.

    Args:
        source: The stanza.
        export: That it names.
        store: Where images that the export carries inside are kept.
        hashed: Whether images get a perceptual hash.
    """
    classes = hashlib.sha256(export.classes).hexdigest() if export.classes is not None else None
    places = [export.annotations.root, export.images.root, store.root]
    return digest("reading", source, classes, places, hashed, VERSION, CONTRACT_VERSION)


def standing_readings(memory: Readings, settings: str, units: Sequence[Unit], export: Export) -> list[Reading | None]:
    """Return, for each unit, how it was read before, if it would be read the same now; else None."""
    if memory.settings != settings:
        return [None] * len(units)
    found = [memory.units.get(unit_key(unit)) for unit in units]
    wanted = [seen.of_images for reading in found if reading is not None for seen in reading.seen]
    images, annotations = sum(wanted), len(wanted) - sum(wanted)
    looked_up = replace(
        export,
        annotations=listed(export.annotations) if annotations > FEW else export.annotations,
        images=listed(export.images) if images > FEW else export.images,
    )
    return [reading if reading is not None and stands(reading, looked_up) else None for reading in found]


def standing_rows(readings: Sequence[Reading], listing: Sequence[Sequence[ImageOutcome]], files: frozenset[str]) -> list[StoredRows | None]:
    """Return, for each unit, its rows as they were written before, if they are what would be written now; else None.

    Args:
        readings: Of each unit.
        listing: What became of its images in the end.
        files: Of annotations that the source's tables hold now.
    """
    return [
        rows if (rows := reading.rows) is not None and rows.file in (None, *files) and tuple(images) == reading.images else None
        for reading, images in zip(readings, listing, strict=True)
    ]


def owners_of(memory: Readings, rows: Sequence[StoredRows | None]) -> dict[str, Sequence[int]]:
    """Return the owners of the rows in every file that some rows lie in, by file."""
    return {stored.file: memory.owners[stored.file] for stored in rows if stored is not None and stored.file is not None}


def renewed_readings(memory: Readings, settings: str, export: Export, units: Sequence[Unit], readings: Sequence[Reading]) -> Readings:
    """Return what to keep where files were written anew and hold what they held: rows stay those that were written."""
    before = memory.units if memory.settings == settings else {}
    keyed = {unit_key(unit): reading for unit, reading in zip(units, readings, strict=True)}
    kept = {key: reading._replace(rows=before[key].rows if key in before else None) for key, reading in keyed.items()}
    return Readings(settings, export.images.root, kept, memory.owners if before else {})


@functools.lru_cache(maxsize=1)
def known_pictures(store: Store, source: str, settings: str) -> dict[str, tuple[Seen, ImageFile]]:
    """Return the images that a source's last ingest found sound; see `jobs.ingest.cache.known_images`.

    Args:
        store: That keeps them.
        source: Name of the source.
        settings: That the caller found there; others are not used.
    """
    memory = load_readings(store, source)
    return known_images(memory) if memory.settings == settings else {}


@dataclass(frozen=True, slots=True)
class StoredTables:
    """Reads rows of `annotations` that an earlier ingest wrote; `owners` as in `jobs.ingest.shards.ShardWork`."""

    store: Store
    owners: Mapping[str, Sequence[int]]
    _tables: dict[str, pa.Table] = field(default_factory=dict, init=False)

    def outcomes(self, rows: StoredRows) -> Outcomes:
        """Return the rows and rejects of one unit."""
        kept = empty_table(Annotation) if rows.file is None else self._rows(rows.file, rows.owner)
        return Outcomes(len(kept) + len(rows.rejected), kept, list(rows.rejected))

    def _rows(self, file: str, owner: int) -> pa.Table:
        if file not in self._tables:
            with self.store.open_input(file) as stream:
                self._tables[file] = conform(pq.read_table(stream), Annotation)
        return self._tables[file].filter(pa.array(np.asarray(self.owners[file]) == owner))


@dataclass(frozen=True, slots=True)
class ReadUnits:
    """Units with how each was read, what became of its images in the end, and where in the shards it was written."""

    units: Sequence[Unit]
    readings: Sequence[Reading]
    listing: Sequence[Sequence[ImageOutcome]]
    shards: Sequence[range]


@dataclass(frozen=True, slots=True)
class WrittenUnits:
    """One shard as it was written: its file of annotations, the owner of each row, and the rejects of each unit."""

    annotations: Receipt | None
    owners: Sequence[int]
    rejects: Sequence[tuple[Rejected, ...] | None]


def new_readings(settings: str, export: Export, read: ReadUnits, written: Sequence[WrittenUnits]) -> Readings:
    """Return what to keep of an ingest for the next one."""
    rows: list[StoredRows | None] = [None] * len(read.units)
    for shard, found in zip(read.shards, written, strict=True):
        file = found.annotations.path if found.annotations else None
        for owner, (place, rejects) in enumerate(zip(shard, found.rejects, strict=True)):
            if rejects is not None and tuple(read.listing[place]) == read.readings[place].images:
                rows[place] = StoredRows(file, owner, rejects)
    keyed: dict[str, Reading] = {}
    for unit, reading, stored in zip(read.units, read.readings, rows, strict=True):
        key = unit_key(unit)
        keyed[key] = reading._replace(rows=None if key in keyed else stored)
    owners = {found.annotations.path: found.owners for found in written if found.annotations is not None}
    return Readings(settings, export.images.root, keyed, owners)
