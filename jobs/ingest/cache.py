"""What became of the units of an export in, and kept in the store; out, at the next ingest, what need not be read again.

A unit stands as it was read while the same code reads it under the same stanza, and every file that was looked up for it
has the stamp it had (see `jobs.sources.files.folders.Entry`), or is still missing. This is a memory of facts, not part of any
publication: without it everything is read again, and the same rows come out.
"""

import hashlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
import zstandard

from imaging.images import ImageHeader
from jobs.ingest.image_files import ImageFile, ImageOutcome, SoundImage, image_outcomes, outcome_columns
from jobs.sources.fields.private_text import without_secrets
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import Folder, WatchedFolder
from jobs.sources.files.paths import HostilePathError
from jobs.sources.record_columns import Columns
from jobs.sources.records import ListedImage, Rejected, Unit
from lake.reasons import Reason
from lake.storage.store import Store

FOLDER = "exports/readings"
"""Of the store: one object a source."""
SETTLED_NS = 100_000_000
"""A file that was changed less than this before it was read may change again within the same time stamp."""
MOST_REJECTS = 1000
"""Rejects of a unit that are kept here; a unit with more is read again."""


class Seen(NamedTuple):
    """A file that was looked up: in the folder of annotations or of images; `stamp` is None where there was none."""

    of_images: bool
    path: str
    size: int = 0
    stamp: str | None = None


class StoredRows(NamedTuple):
    """Where a unit's rows of `annotations` stand: those of a file whose owner it is."""

    file: str | None  # relative to the store's root; None where the shard has no row
    owner: int
    rejected: tuple[Rejected, ...]


class Reading(NamedTuple):
    """What one unit was read from, what became of its images, digests of its further files, and its rows."""

    seen: tuple[Seen, ...]
    images: tuple[ImageOutcome, ...]
    files: tuple[str, ...]
    rows: StoredRows | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as columns: a unit has a thousand images."""
        return _unpacked, (tuple(zip(*self.seen, strict=True)), outcome_columns(self.images), self.files, self.rows)


@dataclass(frozen=True, slots=True)
class Readings:
    """Every unit of a source by its key, and the owner of each row in the files of annotations that they name."""

    settings: str  # digest of all that a reading depends on beside files
    images: str = ""  # the folder of images
    units: Mapping[str, Reading] = field(default_factory=dict)
    owners: Mapping[str, Sequence[int]] = field(default_factory=dict)


def unit_key(unit: Unit) -> str:
    """Return a name for a unit that changes with what it holds."""
    # Only written, never loaded: equal payloads that pickle apart are read once more, and nothing else.
    return f"{unit.name}:{hashlib.sha256(pickle.dumps(unit.payload, protocol=5)).hexdigest()}"


def seen_files(annotations: WatchedFolder, images: WatchedFolder, settled: int) -> tuple[Seen, ...]:
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
                found.append(Seen(of_images, path))
            else:
                changed = entry.stamp.partition("/")[2]
                recent = bool(changed) and int(changed) > settled
                found.append(Seen(of_images, path, entry.size, "recent" if recent else entry.stamp))
    return tuple(found)


def stands(reading: Reading, export: Export) -> bool:
    """Say whether every file that a unit was read from is as it was."""
    return all(_now(export.images if seen.of_images else export.annotations, seen) == seen for seen in reading.seen)


def known_images(readings: Readings) -> dict[str, tuple[Seen, ImageFile]]:
    """Return, by path below the folder of images, what is known of each sound image and when it had been looked up."""
    found: dict[str, tuple[Seen, ImageFile]] = {}
    for reading in readings.units.values():
        by_path = {seen.path: seen for seen in reading.seen if seen.of_images and seen.stamp is not None}
        for outcome in reading.images:
            if isinstance(outcome, SoundImage) and outcome.listed.path in by_path:
                found[outcome.listed.path] = by_path[outcome.listed.path], outcome.file
    return found


def write_readings(store: Store, source: str, readings: Readings) -> None:
    """Keep what a source was read from, for its next ingest; a unit whose names hold an address or a signature is read again."""
    kept = {}
    for key, reading in readings.units.items():
        text = orjson.dumps(reading, default=_plain)
        ours = reading.rows.file if reading.rows and reading.rows.file else ""  # named by the lake, with the source behind an =
        if not _is_private(f"{key} {text.decode().replace(ours, '')}"):
            kept[key] = orjson.Fragment(text)
    document = {"settings": readings.settings, "images": readings.images, "units": kept, "owners": readings.owners}
    store.write_bytes(_path(source), zstandard.compress(orjson.dumps(document, default=_plain), 3))


def load_readings(store: Store, source: str) -> Readings:
    """Return what was kept of a source; nothing where there is nothing, or nothing that can be read."""
    if not store.exists(_path(source)):
        return Readings("")
    try:
        document = orjson.loads(zstandard.decompress(store.read_bytes(_path(source))))
        units = {key: _reading(value) for key, value in document["units"].items()}
        return Readings(document["settings"], document["images"], units, document["owners"])
    except (zstandard.ZstdError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return Readings("")


def _is_private(text: str) -> bool:
    return without_secrets(text) != text


def _path(source: str) -> str:
    return f"{FOLDER}/{source}.json.zst"


def _now(folder: Folder, seen: Seen) -> Seen:
    try:
        entry = folder.entry(seen.path)
    except HostilePathError:
        entry = None
    return Seen(seen.of_images, seen.path, entry.size, entry.stamp) if entry else Seen(seen.of_images, seen.path)


def _unpacked(seen: Sequence[Sequence[Any]], images: Columns, files: tuple[str, ...], rows: StoredRows | None) -> Reading:
    return Reading(tuple(map(Seen, *seen)) if seen else (), image_outcomes(images), files, rows)


def _plain(value: object) -> tuple[Any, ...]:
    """Give orjson a named tuple as a list."""
    if isinstance(value, tuple):
        return tuple(value)
    raise TypeError(f"expected a tuple, got {type(value).__name__}")


def _reading(value: Sequence[Any]) -> Reading:
    seen, images, files, rows = value
    return Reading(
        tuple(Seen(*one) for one in seen),
        tuple(_outcome(outcome) for outcome in images),
        tuple(files),
        StoredRows(rows[0], rows[1], tuple(map(_rejected, rows[2]))) if rows else None,
    )


def _outcome(value: Sequence[Any]) -> ImageOutcome:
    if isinstance(value[0], str):
        return _rejected(value)
    listed, (image_id, header, phash), uri = value
    return SoundImage(ListedImage(*listed), ImageFile(image_id, ImageHeader(*header), phash), uri)


def _rejected(value: Sequence[Any]) -> Rejected:
    ref, reason, detail, image = value
    return Rejected(ref, Reason(reason), detail, image)
