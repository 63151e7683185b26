"""Whether the files of a source are as they were when it was last read: by sizes, stamps and digests, and without reading it.

A source whose every file is as it was has the rows that it had, so that its key is known. No result depends on what is kept
here: without it the export is read.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import orjson

from jobs.ingest.versions import INGEST_VERSION, JUDGED
from jobs.sources.fields.private_text import without_secrets
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import Entry, Folder, scanned_items, stamp_of
from lake.configuration import Source
from lake.contracts import CONTRACT_VERSION
from lake.digests import digest
from lake.errors import DamagedFileError, InputError
from lake.storage.seals import opened_json, sealed_json
from lake.storage.store import Store
from lake.withdrawals import Withdrawn

STATES_FOLDER = "exports/states"
"""Of the store: one file a source."""
MOST_LISTED = 200_000
"""In an export's folders; where there are more, the export is read: to list them all would take as long."""
SETTLED_NS = 100_000_000
"""A file that was changed less than this before it was listed may change again within the same time stamp."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """Digests of all that the reading of an export depends on, and of what was read."""

    settings: str  # of the stanza and the code
    files: str  # of path, size and stamp of every file in the export's folders
    documents: Mapping[str, str]  # sha-256 by path, of annotation files that are hashed whole
    inputs: Mapping[str, str]  # what was read: see `jobs.ingest.publication.read_inputs`


def settings_of(source: Source, export: Export, store: Store, *, hashed: bool, withdrawn: Withdrawn) -> str:
    """Return a digest of all that a reading depends on beside files.

    Args:
        source: The stanza.
        export: That it names.
        store: Where archives and embedded images are.
        hashed: Whether images get a perceptual hash.
        withdrawn: What may not be used.
    """
    classes = hashlib.sha256(export.classes).hexdigest() if export.classes is not None else None
    roots = [export.annotations.root, export.file, export.images.root, store.root]
    return digest("state", source, classes, roots, hashed, withdrawn.as_json(), INGEST_VERSION, JUDGED, CONTRACT_VERSION)


def files_of(export: Export) -> str | None:
    """Return a digest of path, size and stamp of every file in an export's folders.

    None where that may not tell all: a file was changed just now, a link may lead elsewhere tomorrow, or there are too many.
    """
    annotations, images = export.annotations.root, export.images.root
    roots = [annotations] if f"{images}/".startswith(f"{annotations.rstrip('/')}/") else sorted({annotations, images})
    entries: list[tuple[int, str, int, str]] = []
    until = time.time_ns() - SETTLED_NS
    try:
        for number, root in enumerate(roots):
            for entry in Folder(root).entries() if root.startswith("s3://") else _plain_files(root):
                changed = entry.stamp.rpartition("/")[2]
                if len(entries) == MOST_LISTED or entry.size < 0 or (changed.isdecimal() and int(changed) > until):
                    return None
                entries.append((number, *entry))
    except OSError:  # a file that went while it was listed, or a folder that may not be: reading tells what matters of it
        return None
    return hashlib.sha256(orjson.dumps(sorted(entries))).hexdigest()


def known_inputs(store: Store, source: Source, export: Export, settings: str, files: str | None) -> Mapping[str, str] | None:
    """Return what was read when the source's files were last as they are now; None where they were never so, or that is not kept.

    Args:
        store: Where states are kept.
        source: The stanza.
        export: That it names.
        settings: See `settings_of`.
        files: See `files_of`.
    """
    path = _path(source)
    if files is None or not store.exists(path):
        return None
    try:
        kept = SourceState(**orjson.loads(opened_json(store.read_bytes(path), path)))
        if (kept.settings, kept.files) != (settings, files):
            return None
        changed = (name for name, sha256 in kept.documents.items() if _sha256(export, name) != sha256)
        return None if any(changed) else kept.inputs
    except (DamagedFileError, InputError, FileNotFoundError, orjson.JSONDecodeError, TypeError, AttributeError):
        return None


def keep_state(store: Store, source: Source, state: SourceState) -> None:
    """Keep a source's state for its next ingest; one that holds what must not be stored is not kept."""
    text = orjson.dumps(asdict(state))
    if without_secrets(text.decode()) == text.decode():
        store.write_bytes(_path(source), sealed_json(text + b"\n"))


def _path(source: Source) -> str:
    return f"{STATES_FOLDER}/{source.name}.json"


def _sha256(export: Export, path: str) -> str:
    return hashlib.sha256(export.annotations.mapped(path).data).hexdigest()


def _plain_files(root: str) -> Iterator[Entry]:
    """Yield the files below a folder; a link as an entry of the size -1."""
    for path, item in scanned_items(root):
        if item.is_symlink():
            yield Entry(path, -1, "")
        elif item.is_file():
            found = item.stat()
            yield Entry(path, found.st_size, stamp_of(found))
