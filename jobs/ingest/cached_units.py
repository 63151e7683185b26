"""The file of the ingest cache: how each unit of a source was read and where its rows stand, as JSON in the store."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import zstandard

from jobs.ingest.image_files import ImageOutcome, image_outcomes, outcome_columns
from jobs.sources.fields.private_text import without_secrets
from jobs.sources.record_columns import Columns
from jobs.sources.records import Rejected
from lake.reasons import Reason
from lake.storage.store import Store

_PACKER = zstandard.ZstdCompressor(level=3, write_checksum=True)
CACHE_FOLDER = "exports/cache"
"""Of the store: one file a source."""


class FileStat(NamedTuple):
    """A file that was looked up: in the folder of annotations or of images; `stamp` is None where there was none."""

    of_images: bool
    path: str
    size: int = 0  # bytes
    stamp: str | None = None


class StoredRows(NamedTuple):
    """Where a unit's rows of `annotations` stand: those of a file whose owner it is; and its rejects."""

    file: str | None  # relative to the store's root; None where the shard has no row
    owner: int
    rejected: tuple[Rejected, ...]


class UnitReading(NamedTuple):
    """Which files one unit was read from, what became of its images, digests of its further files, and its rows."""

    files: tuple[FileStat, ...]
    images: tuple[ImageOutcome, ...]
    digests: tuple[str, ...]
    rows: StoredRows | None = None

    def columns(self) -> tuple[Any, ...]:
        """Return the same as columns, in which it travels and is kept: a unit has a thousand images."""
        return tuple(zip(*self.files, strict=True)), outcome_columns(self.images), self.digests, self.rows

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_columns, self.columns()


class CacheFile(NamedTuple):
    """Every unit of a source by its key, and the owner of each row in the files of annotations that they name."""

    settings: str  # digest of all that a reading depends on beside files
    image_root: str = ""  # the folder of images
    units: Mapping[str, UnitReading] = {}
    owners: Mapping[str, Sequence[int]] = {}
    judged: str = ""  # digest of how images were judged


def save_cache_file(store: Store, source: str, cache: CacheFile) -> None:
    """Write a source's cache; a unit whose names hold an address or a signature is left out, and so read again."""
    kept = {}
    for key, reading in cache.units.items():
        text = orjson.dumps(reading.columns(), default=_plain)
        ours = reading.rows.file if reading.rows and reading.rows.file else ""  # named by the lake, with the source behind an =
        named = f"{key} {text.decode().replace(ours, '')}"
        if without_secrets(named) == named:
            kept[key] = orjson.Fragment(text)
    store.write_bytes(_path(source), _PACKER.compress(orjson.dumps({**cache._asdict(), "units": kept})))


def load_cache_file(store: Store, source: str) -> CacheFile:
    """Read a source's cache; an empty one where there is none, or none that can be read."""
    if not store.exists(_path(source)):
        return CacheFile("")
    try:
        document = orjson.loads(zstandard.decompress(store.read_bytes(_path(source))))
        return CacheFile(**{**document, "units": {key: _from_json(*value) for key, value in document["units"].items()}})
    except (zstandard.ZstdError, orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        return CacheFile("")


def _path(source: str) -> str:
    return f"{CACHE_FOLDER}/{source}.json.zst"


def _plain(value: object) -> tuple[Any, ...]:
    """Give orjson a named tuple as a list."""
    if isinstance(value, tuple):
        return tuple(value)
    raise TypeError(f"expected a tuple, got {type(value).__name__}")


def _from_columns(files: Sequence[Sequence[Any]], images: Columns, digests: Sequence[str], rows: StoredRows | None) -> UnitReading:
    return UnitReading(tuple(map(FileStat, *files)) if files else (), image_outcomes(images), tuple(digests), rows)


def _from_json(files: Any, images: Any, digests: Any, rows: Any) -> UnitReading:
    fields, rejected = images
    columns = Columns(fields, tuple((index, _rejected(*reject)) for index, reject in rejected))
    stored = StoredRows(rows[0], rows[1], tuple(_rejected(*reject) for reject in rows[2])) if rows else None
    return _from_columns(files, columns, digests, stored)


def _rejected(ref: str, reason: str, detail: str, image: str | None) -> Rejected:
    return Rejected(ref, Reason(reason), detail, image)
