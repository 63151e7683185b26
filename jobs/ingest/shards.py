"""The units of one shard in; their images checked, or their records annotated and written as Parquet, out.

Both classes here are what a worker runs: picklable, with everything they need as values.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from imaging.images import ImageRefusedError
from jobs.ingest.annotate import OWNER, UnitRecords, annotate_units, by_reason, reject_rows, without_duplicates
from jobs.ingest.cache import MOST_REJECTS, SETTLED_NS, Reading, StoredRows, seen_files
from jobs.ingest.image_files import ImageFile, ImageOutcome, SoundImage, check_size, describe_image, image_outcomes, outcome_columns
from jobs.ingest.images import by_name, sizes_of
from jobs.ingest.polygon_batch import annotate_polygon_batch
from jobs.ingest.reuse import StoredTables, known_pictures
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import WatchedFolder
from jobs.sources.files.paths import HostilePathError
from jobs.sources.reader import Reader
from jobs.sources.record_columns import Columns
from jobs.sources.records import ListedImage, Rejected, Unit
from jobs.sources.registry import reader_of
from lake.configuration import Source
from lake.contracts import Annotation, Reject
from lake.errors import ConservationError, InputError
from lake.publishing.shards import Receipt, ShardLocation, write_shard
from lake.reasons import Reason
from lake.schemas import empty_table, table_of
from lake.storage.store import Store

OwnedUnit = tuple[int, Unit, Mapping[str, ImageOutcome]]
"""A unit, behind its place in its shard and before what became of its images, by `ListedImage.name`."""
CARRIED_IMAGES = "exports/images"
"""Folder of the store for images that an export carries inside its annotation files."""


@dataclass(frozen=True, slots=True)
class CheckImages:
    """Reads, hashes and checks the images that some units list."""

    export: Export
    source: Source
    store: Store
    hashed: bool = False  # whether images are decoded for their perceptual hash

    known: str | None = None  # what an earlier ingest kept; see `jobs.ingest.reuse.known_pictures`

    def __call__(self, units: Sequence[Unit]) -> list[Reading]:
        reader = reader_of(self.source.format)
        return [self._read(reader, unit) for unit in units]

    def _read(self, reader: Reader, unit: Unit) -> Reading:
        settled = time.time_ns() - SETTLED_NS
        export, annotations, pictures = self.export.watched()
        images = tuple(self._check(pictures, outcome) for outcome in reader.images(export, unit))
        files = tuple(hashlib.sha256(data).hexdigest() for data in reader.files(export, unit))
        return Reading(seen_files(annotations, pictures, settled), images, files)

    def _check(self, pictures: WatchedFolder, listed: ListedImage | Rejected) -> ImageOutcome:
        if isinstance(listed, Rejected):
            return listed
        try:
            data, file = self._described(pictures, listed)
        except FileNotFoundError:
            detail = f"no file {listed.path!r} below the folder of images"
            return Rejected(listed.ref, Reason.MISSING_IMAGE, detail, image=listed.name)
        except HostilePathError as error:
            return Rejected(listed.ref, Reason.HOSTILE_PATH, str(error), image=listed.name)
        except ImageRefusedError as error:
            return Rejected(listed.ref, error.reason, str(error), image=listed.name)
        except InputError as error:
            return Rejected(listed.ref, Reason.IMAGE_TOO_LARGE, str(error), image=listed.name)
        if (mismatch := check_size(listed, file, self.source.exif)) is not None:
            return mismatch
        if listed.embedded is None:
            found = pictures.seen[listed.path]  # under which spelling its name was found
            return SoundImage(listed, file, pictures.uri(found.path if found else listed.path))
        path = f"{CARRIED_IMAGES}/{file.image_id}.{file.header.format}"
        if not self.store.exists(path):
            self.store.write_bytes(path, data)
        return SoundImage(listed._replace(embedded=None), file, self.store.uri(path))

    def _described(self, pictures: WatchedFolder, listed: ListedImage) -> tuple[bytes, ImageFile]:
        """Return an image's bytes, none where they need not be read, and what it is."""
        if listed.embedded is not None:
            return listed.embedded, describe_image(listed.embedded, hashed=self.hashed)
        known = known_pictures(self.store, self.source.name, self.known).get(listed.path) if self.known else None
        if known is not None and (known[1].phash or not self.hashed):
            entry = pictures.entry(listed.path)
            if entry is not None and (entry.size, entry.stamp) == (known[0].size, known[0].stamp):
                return b"", known[1]
        data = pictures.read(listed.path)
        return data, describe_image(data, hashed=self.hashed)


@dataclass(frozen=True, slots=True)
class ShardWork:
    """One shard to write: its name, its units, what became of the images of each, and the rows of those that stand.

    `owners` holds, for each file of annotations that such rows lie in, which unit of its shard owns each row.
    """

    name: str
    units: tuple[Unit, ...]
    images: tuple[tuple[ImageOutcome, ...], ...]
    rows: tuple[StoredRows | None, ...] = ()
    owners: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as columns: a unit has a thousand images."""
        return _unpacked, (self.name, self.units, [outcome_columns(images) for images in self.images], self.rows, self.owners)


@dataclass(frozen=True, slots=True)
class WrittenShard:
    """Receipts and counts of one shard."""

    found: int
    kept: int
    rejected: dict[str, int]
    annotations: Receipt | None
    rejects: Receipt | None
    owners: tuple[int, ...] = ()  # of each row of annotations, the place of its unit in the shard
    units: tuple[tuple[Rejected, ...] | None, ...] = ()  # rejects of each unit; None where it has to be read again


@dataclass(frozen=True, slots=True)
class WriteShard:
    """Reads, rasterises and writes the objects of a shard's units."""

    export: Export
    source: Source
    annotations: ShardLocation
    rejects: ShardLocation

    def __call__(self, work: ShardWork) -> WrittenShard:
        found, read, rejects = self._read(work)
        kept, doubles = without_duplicates(read)
        rejected = [*(reject for unit in rejects for reject in unit), *doubles]
        if found != len(kept) + len(rejected):
            raise ConservationError(
                f"shard {work.name} of source {self.source.name!r}: {found:,} records read, {len(kept):,} kept and "
                f"{len(rejected):,} rejected"
            )
        owners = kept.column(OWNER).to_numpy()
        # A unit that lost a row to an equal one is read again: that one may be gone by then.
        lost = np.bincount(read.column(OWNER).to_numpy(), minlength=len(rejects)) != np.bincount(owners, minlength=len(rejects))
        return WrittenShard(
            found,
            len(kept),
            by_reason(rejected),
            write_shard(self.annotations, work.name, [kept.drop_columns(OWNER)]),
            write_rejects(self.rejects, work.name, rejected, self.source.name),
            tuple(owners.tolist()),
            tuple(None if again or len(unit) > MOST_REJECTS else tuple(unit) for again, unit in zip(lost.tolist(), rejects, strict=True)),
        )

    def _read(self, work: ShardWork) -> tuple[int, pa.Table, list[list[Rejected]]]:
        """Return how many records a shard's units hold, their rows with the unit of each, and the rejects of each unit."""
        earlier = StoredTables(self.annotations.store, work.owners)
        found, tables = 0, [_owned(empty_table(Annotation), 0)]
        rejects: list[list[Rejected]] = [[] for _ in work.units]
        anew: list[OwnedUnit] = []
        for number, (unit, outcomes) in enumerate(zip(work.units, work.images, strict=True)):
            rows = work.rows[number] if work.rows else None
            if rows is None:
                anew.append((number, unit, by_name(outcomes)))
                continue
            stored = earlier.outcomes(rows)
            found += stored.found
            tables.append(_owned(stored.annotations, number))
            rejects[number] += stored.rejected
        others, rows_anew, rejected = read_units(self.export, self.source, anew)
        for number, reject in rejected:
            rejects[number].append(reject)
        return found + others, pa.concat_tables([*tables, rows_anew]), rejects


def read_units(export: Export, source: Source, units: Sequence[OwnedUnit]) -> tuple[int, pa.Table, list[tuple[int, Rejected]]]:
    """Turn the objects of units into rows: the plain ones as columns where the format allows it, the others one by one.

    Args:
        export: The export.
        source: Its stanza.
        units: Each with its place in the shard, and what became of each of its images, by `ListedImage.name`.

    Returns:
        As `jobs.ingest.annotate.annotate_units` does.
    """
    reader = reader_of(source.format)
    tables, left, found = [_owned(empty_table(Annotation), 0)], list[OwnedUnit](), 0
    for number, unit, images in units:
        if reader.columns is None:
            left.append((number, unit, images))
            continue
        plain, taken = annotate_polygon_batch(reader.columns.outlined(export, unit), images, source)
        found += len(plain)
        tables.append(_owned(plain, number))
        left.append((number, reader.columns.without(unit, taken), images))

    def records() -> Iterator[UnitRecords]:
        for number, unit, images in left:
            yield UnitRecords(number, reader.objects(export, unit, sizes_of(images, source.exif)), images)

    others, rows, rejected = annotate_units(records(), source)
    return found + others, pa.concat_tables([*tables, rows]), rejected


def _unpacked(
    name: str, units: tuple[Unit, ...], images: Sequence[Columns], rows: tuple[StoredRows | None, ...], owners: Mapping[str, Sequence[int]]
) -> ShardWork:
    return ShardWork(name, units, tuple(map(image_outcomes, images)), rows, owners)


def _owned(rows: pa.Table, owner: int) -> pa.Table:
    return rows.append_column(OWNER, pa.array(np.full(len(rows), owner, np.int32)))


def write_rejects(place: ShardLocation, name: str, rejected: Sequence[Rejected], source: str) -> Receipt | None:
    """Write one shard of `rejects`; None where there are none."""
    rows: pa.Table = table_of(Reject, reject_rows(rejected, source))
    return write_shard(place, name, [rows])
