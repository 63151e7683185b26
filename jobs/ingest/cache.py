"""The ingest cache: what the last ingest of a source found in its files, so that the next opens only what is new or changed.

A unit is fresh while the same code reads it under the same stanza, and every file that was looked up for it has the size
and stamp it had (see `jobs.sources.files.folders.Entry`), or is still missing. No result depends on the cache: without it
everything is read again, and the same rows come out.
"""

import functools
import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from jobs.ingest.cached_units import CacheFile, FileStat, StoredRows, UnitReading, load_cache_file, save_cache_file
from jobs.ingest.image_files import ImageFile, SoundImage
from jobs.ingest.versions import INGEST_VERSION, JUDGED
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import Folder, WatchedFolder, listed
from jobs.sources.files.paths import HostilePathError
from jobs.sources.records import Unit
from lake.configuration import Source
from lake.contracts import CONTRACT_VERSION
from lake.digests import digest
from lake.storage.store import Store

FEW_FILES = 256
"""Files that are looked up one by one; where there are more, their folder is listed once."""


@dataclass(frozen=True, slots=True)
class IngestCache:
    """What the last ingest of a source kept, as far as it holds for the present stanza and code."""

    store: Store
    source: str
    export: Export
    settings: str  # digest of all that a reading depends on beside the files that it is read from
    units: Mapping[str, UnitReading]  # by `unit_key`; none where they were read under other settings
    owners: Mapping[str, Sequence[int]]  # of each row in the files of annotations that the units name
    judged: str  # digest of how images are judged
    known: str | None  # settings for `known_images`: images are the same under any, while they are judged alike

    @classmethod
    def load(cls, store: Store, source: Source, export: Export, *, hashed: bool) -> "IngestCache":
        """Load what was kept of a source.

        Args:
            store: Where it is kept, and where images that the export carries inside are.
            source: The stanza.
            export: That it names.
            hashed: Whether images get a perceptual hash.
        """
        classes = hashlib.sha256(export.classes).hexdigest() if export.classes is not None else None
        roots = [export.annotations.root, export.images.root, store.root]
        settings = digest("reading", source, classes, roots, hashed, INGEST_VERSION, CONTRACT_VERSION)
        judged = digest("judged", JUDGED, source.corrupt_images)
        kept = load_cache_file(store, source.name)
        known = kept.settings if kept.judged == judged else None
        units, owners = (kept.units, kept.owners) if kept.settings == settings else ({}, {})
        return cls(store, source.name, export, settings, units, owners, judged, known)

    def fresh(self, units: Sequence[Unit]) -> list[UnitReading | None]:
        """Return, for each unit, how it was read before, if it would be read the same now; else None."""
        cached = [self.units.get(unit_key(unit)) for unit in units] if self.units else [None] * len(units)
        wanted = [file.of_images for reading in cached if reading is not None for file in reading.files]
        images, annotations = sum(wanted), len(wanted) - sum(wanted)
        looked_up = replace(
            self.export,
            annotations=listed(self.export.annotations) if annotations > FEW_FILES else self.export.annotations,
            images=listed(self.export.images) if images > FEW_FILES else self.export.images,
        )
        return [reading if reading is not None and is_fresh(reading, looked_up) else None for reading in cached]

    def owners_of(self, rows: Sequence[StoredRows | None]) -> dict[str, Sequence[int]]:
        """Return the owners of the rows in every file that some cached rows lie in, by file."""
        return {stored.file: self.owners[stored.file] for stored in rows if stored is not None and stored.file is not None}

    def cached_rows(self, units: Sequence[Unit]) -> list[StoredRows | None]:
        """Return where the rows of units stood, whether or not their files have got new stamps since."""
        return [reading.rows if (reading := self.units.get(unit_key(unit))) is not None else None for unit in units]

    def save(
        self,
        units: Sequence[Unit],
        readings: Sequence[UnitReading],
        rows: Sequence[StoredRows | None],
        owners: Mapping[str, Sequence[int]],
    ) -> None:
        """Keep what a source was read from, for its next ingest.

        Args:
            units: N, all of the export.
            readings: N, how each was read.
            rows: N, where the rows of each stand; None where they cannot be reused.
            owners: The owner of each row in the files that `rows` names.
        """
        kept: dict[str, UnitReading] = {}
        for unit, reading, stored in zip(units, readings, rows, strict=True):
            key = unit_key(unit)
            kept[key] = reading._replace(rows=None if key in kept else stored)  # of equal units none may reuse the other's rows
        save_cache_file(self.store, self.source, CacheFile(self.settings, self.export.images.root, kept, owners, self.judged))


class KnownImages(NamedTuple):
    """What is known of each image that the last ingest found sound."""

    root: str = ""  # the folder that the paths are below
    by_path: Mapping[str, tuple[FileStat, ImageFile]] = {}
    by_id: Mapping[str, ImageFile] = {}


@functools.lru_cache(maxsize=1)
def known_images(store: Store, source: str, settings: str) -> KnownImages:
    """Return what is known of the images of a source.

    Args:
        store: That keeps the cache.
        source: Name of the source.
        settings: `IngestCache.known` of the caller; a cache that was saved under others is not used.
    """
    kept = load_cache_file(store, source)
    by_path: dict[str, tuple[FileStat, ImageFile]] = {}
    by_id: dict[str, ImageFile] = {}
    for reading in kept.units.values() if kept.settings == settings else ():
        stats = {file.path: file for file in reading.files if file.of_images and file.stamp is not None}
        for outcome in reading.images:
            if isinstance(outcome, SoundImage):
                by_id[outcome.file.image_id] = outcome.file
                if outcome.listed.path in stats:
                    by_path[outcome.listed.path] = stats[outcome.listed.path], outcome.file
    return KnownImages(kept.image_root, by_path, by_id)


def unit_key(unit: Unit) -> str:
    """Return a name for a unit that changes with what it holds."""
    # Only written, never loaded: equal payloads that pickle apart are read once more, and nothing else.
    return f"{unit.name}:{hashlib.sha256(pickle.dumps(unit.payload, protocol=5)).hexdigest()}"


def file_stats(annotations: WatchedFolder, images: WatchedFolder, settled: int) -> tuple[FileStat, ...]:
    """Return what was looked up in an export's folders.

    Args:
        annotations: Of the export.
        images: Of the export.
        settled: Nanoseconds since 1970: a file changed after this may change again within its time stamp.
    """
    found = []
    for of_images, folder in ((False, annotations), (True, images)):
        for path, entry in folder.seen.items():
            if entry is None:
                found.append(FileStat(of_images, path))
            else:
                changed = entry.stamp.partition("/")[2]
                recent = bool(changed) and int(changed) > settled
                found.append(FileStat(of_images, path, entry.size, "recent" if recent else entry.stamp))
    return tuple(found)


def is_fresh(reading: UnitReading, export: Export) -> bool:
    """Say whether every file that a unit was read from is as it was."""
    return all(_present_stat(export.images if file.of_images else export.annotations, file) == file for file in reading.files)


def _present_stat(folder: Folder, file: FileStat) -> FileStat:
    try:
        entry = folder.entry(file.path)
    except HostilePathError:
        entry = None
    return FileStat(file.of_images, file.path, entry.size, entry.stamp) if entry else FileStat(file.of_images, file.path)
