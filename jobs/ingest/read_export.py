"""Reads the images that an export lists: workers hash and check those of units that are not fresh in the ingest cache."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

from imaging.images import ImageRefusedError
from jobs.ingest.cache import IngestCache, KnownImages, file_stats, known_images
from jobs.ingest.cached_units import UnitReading
from jobs.ingest.export_plan import ExportPlan, plan_export
from jobs.ingest.image_files import ImageCheck, ImageFile, ImageOutcome, SoundImage, check_size, describe_image
from jobs.ingest.image_table import Listing, reject_repeated_refs, reject_withdrawn
from jobs.ingest.source_state import SETTLED_NS
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import WatchedFolder
from jobs.sources.files.paths import HostilePathError
from jobs.sources.reader import Reader
from jobs.sources.records import ListedImage, Rejected, Unit
from jobs.sources.registry import reader_of
from jobs.workers import Workers
from lake.configuration import Source
from lake.errors import InputError
from lake.reasons import Reason
from lake.storage.store import Store
from lake.withdrawals import NOTHING_WITHDRAWN, Withdrawn

EMBEDDED_IMAGES = "exports/images"
"""Folder of the store for images that an export carries inside its annotation files."""


@dataclass(frozen=True, slots=True)
class ReadExport:
    """An export whose images have been read; sequences have one item a unit of the plan, in its order."""

    plan: ExportPlan
    cache: IngestCache  # as it was before
    documents: Mapping[str, str]  # sha-256 of each annotation file that is hashed whole
    readings: Sequence[UnitReading]
    listing: Listing  # the images of the readings, those with the id of an earlier one rejected
    opened: int  # units that were not fresh
    withdrawn: Withdrawn = NOTHING_WITHDRAWN  # when it was read


def read_export(
    plan: ExportPlan, cache: IngestCache, workers: Workers, *, hashed: bool, withdrawn: Withdrawn = NOTHING_WITHDRAWN
) -> ReadExport:
    """Read the images of every unit that is not fresh, shard by shard, and hash the annotation files beside.

    Args:
        plan: The export, divided.
        cache: Of its source.
        workers: Where images are read.
        hashed: Whether images are decoded for their perceptual hash.
        withdrawn: What may not be used: such images are rejected, and their objects share the reason.
    """
    cached = cache.fresh(plan.units)
    stale = [[plan.units[index] for index in shard if cached[index] is None] for shard in plan.shards]
    work = ReadImages(plan.export, plan.source, cache.store, hashed, cache.known)
    with ThreadPoolExecutor(1) as beside:  # hashing lets other threads run
        hashing = beside.submit(_document_digests, plan.export, reader_of(plan.source.format))
        opened = list(chain.from_iterable(workers.map([units for units in stale if units], work)))
    newly = iter(opened)
    readings = [reading or next(newly) for reading in cached]
    listing = reject_withdrawn(reject_repeated_refs([reading.images for reading in readings]), plan.source, withdrawn)
    return ReadExport(plan, cache, hashing.result(), readings, listing, len(opened), withdrawn)


def read_export_of(store: Store, source: Source, workers: Workers, *, hashed: bool, withdrawn: Withdrawn) -> ReadExport:
    """Divide a source's export and read the images of those of its units that are new or changed; see `read_export`."""
    plan = plan_export(source, store)
    cache = IngestCache.load(store, source, plan.export, hashed=hashed)
    return read_export(plan, cache, workers, hashed=hashed, withdrawn=withdrawn)


@dataclass(frozen=True, slots=True)
class ReadImages:
    """Reads, hashes and checks the images that some units list; picklable, for a worker."""

    export: Export
    source: Source
    store: Store
    hashed: bool = False  # whether images are decoded for their perceptual hash
    known: str | None = None  # see `jobs.ingest.cache.known_images`

    def __call__(self, units: Sequence[Unit]) -> list[UnitReading]:
        reader = reader_of(self.source.format)
        return [self._read(reader, unit) for unit in units]

    def _read(self, reader: Reader, unit: Unit) -> UnitReading:
        settled = time.time_ns() - SETTLED_NS
        export, annotations, folder = self.export.watched()
        images = tuple(self._check(folder, outcome) for outcome in reader.images(export, unit))
        digests = tuple(hashlib.sha256(data).hexdigest() for data in reader.files(export, unit))
        return UnitReading(file_stats(annotations, folder, settled), images, digests)

    def _check(self, folder: WatchedFolder, listed: ListedImage | Rejected) -> ImageOutcome:
        if isinstance(listed, Rejected):
            return listed
        try:
            data, file = self._described(folder, listed)
        except FileNotFoundError:
            detail = f"no file {listed.path!r} below {folder.root}"
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
            found = folder.seen[listed.path]  # under which spelling its name was found
            return SoundImage(listed, file, folder.uri(found.path if found else listed.path))
        path = f"{EMBEDDED_IMAGES}/{file.image_id}.{file.header.format}"
        if not self.store.exists(path):
            self.store.write_bytes(path, data)
        return SoundImage(listed._replace(embedded=None), file, self.store.uri(path))

    def _described(self, folder: WatchedFolder, listed: ListedImage) -> tuple[bytes, ImageFile]:
        """Return an image's bytes, none where they need not be read, and what it is."""
        known = known_images(self.store, self.source.name, self.known) if self.known else KnownImages()
        check = ImageCheck(hashed=self.hashed, undamaged=self.source.corrupt_images == "reject")
        if listed.embedded is not None:
            return listed.embedded, describe_image(listed.embedded, check, known.by_id)
        stat, file = known.by_path.get(listed.path, (None, None)) if known.root == self.export.images.root else (None, None)
        if stat is not None and file is not None and (file.phash or not self.hashed):
            entry = folder.entry(listed.path)
            if entry is not None and (entry.size, entry.stamp) == (stat.size, stat.stamp):
                return b"", file
        data = folder.read(listed.path)
        return data, describe_image(data, check, known.by_id)


def _document_digests(export: Export, reader: Reader) -> dict[str, str]:
    entries = export.documents(*reader.documents) if reader.documents else []
    return {
        export.document_name(entry.path) or "": hashlib.sha256(export.annotations.mapped(entry.path).data).hexdigest() for entry in entries
    }
