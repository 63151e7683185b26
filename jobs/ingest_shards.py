"""The units of one shard in; their images checked, or their records annotated and written as Parquet, out.

Both classes here are what a worker runs: picklable, with everything they need as values.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from jobs.image_files import SoundImage, check_size, describe_image
from jobs.ingest import ImageOutcome, annotate, by_reason, reject_rows, without_doubles
from jobs.ingest_images import by_name, sizes_of
from jobs.sources.exports import Export
from jobs.sources.paths import HostilePathError
from jobs.sources.reader import Reader
from jobs.sources.records import ListedImage, Rejected, Unit
from jobs.sources.registry import reader_of
from lake.configuration import Source
from lake.contracts import Annotation, Reject
from lake.errors import ConservationError, InputError
from lake.images import ImageRefusedError
from lake.reasons import Reason
from lake.schemas import empty_table, table_of
from lake.shards import Receipt, ShardPlace, write_shard
from lake.store import Store

CARRIED_IMAGES = "exports/images"
"""Folder of the store for pictures that an export carries inside its annotation files."""


@dataclass(frozen=True, slots=True)
class CheckedUnit:
    """What became of a unit's images, and the digests of the further files that its objects are read from."""

    images: tuple[ImageOutcome, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckImages:
    """Reads, hashes and checks the images that some units list."""

    export: Export
    source: Source
    store: Store
    hashed: bool = False  # whether pictures are decoded for their perceptual hash

    def __call__(self, units: Sequence[Unit]) -> list[CheckedUnit]:
        reader = reader_of(self.source.format)
        return [
            CheckedUnit(
                tuple(self._check(outcome) for outcome in reader.images(self.export, unit)),
                tuple(self._digests(reader, unit)),
            )
            for unit in units
        ]

    def _check(self, listed: ListedImage | Rejected) -> ImageOutcome:
        if isinstance(listed, Rejected):
            return listed
        try:
            data = self.export.images.read(listed.path) if listed.embedded is None else listed.embedded
            file = describe_image(data, hashed=self.hashed)
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
            return SoundImage(listed, file, self.export.images.uri(listed.path))
        path = f"{CARRIED_IMAGES}/{file.image_id}.{file.header.format}"
        if not self.store.exists(path):
            self.store.write_bytes(path, data)
        return SoundImage(replace(listed, embedded=None), file, self.store.uri(path))

    def _digests(self, reader: Reader, unit: Unit) -> list[str]:
        return [hashlib.sha256(data).hexdigest() for data in reader.files(self.export, unit)]


@dataclass(frozen=True, slots=True)
class ShardWork:
    """One shard to write: its name, its units, and what became of the images of each."""

    name: str
    units: tuple[Unit, ...]
    images: tuple[tuple[ImageOutcome, ...], ...]


@dataclass(frozen=True, slots=True)
class WrittenShard:
    """Receipts and counts of one shard."""

    found: int
    kept: int
    rejected: dict[str, int]
    annotations: Receipt | None
    rejects: Receipt | None


@dataclass(frozen=True, slots=True)
class WriteShard:
    """Reads, rasterises and writes the objects of a shard's units."""

    export: Export
    source: Source
    annotations: ShardPlace
    rejects: ShardPlace

    def __call__(self, work: ShardWork) -> WrittenShard:
        reader = reader_of(self.source.format)
        found, rejected = 0, list[Rejected]()
        tables = [empty_table(Annotation)]
        for unit, outcomes in zip(work.units, work.images, strict=True):
            images = by_name(outcomes)
            records = reader.objects(self.export, unit, sizes_of(images, self.source.exif))
            annotated = annotate(records, images, self.source)
            found += annotated.found
            tables.append(annotated.annotations)
            rejected += annotated.rejected
        kept, doubles = without_doubles(pa.concat_tables(tables))
        rejected += doubles
        if found != len(kept) + len(rejected):
            raise ConservationError(
                f"shard {work.name} of source {self.source.name!r}: {found:,} records read, {len(kept):,} kept and "
                f"{len(rejected):,} rejected"
            )
        return WrittenShard(
            found,
            len(kept),
            by_reason(rejected),
            write_shard(self.annotations, work.name, [kept]),
            write_rejects(self.rejects, work.name, rejected, self.source.name),
        )


def write_rejects(place: ShardPlace, name: str, rejected: Sequence[Rejected], source: str) -> Receipt | None:
    """Write one shard of `rejects`; None where there are none."""
    rows: pa.Table = table_of(Reject, reject_rows(rejected, source))
    return write_shard(place, name, [rows])
