"""Records of publications in the store: receipts and counts, kept for as long as the files live.

Written before the first commit, so a file that a snapshot names always has its sha-256 on record. A record proves
nothing by itself: only a snapshot says that something was published.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from lake.digests import FOLDER_DIGITS, canonical_json, digest
from lake.errors import DamagedFileError, PublishError, first_line
from lake.publishing.shards import Receipt
from lake.publishing.stage_report import StageReport
from lake.storage.seals import opened_json, sealed_json
from lake.storage.store import Store

RECORDS_FOLDER = "publications"
EXPECTATION_PAGES = "reports/expectations"
"""Folder of the store for pages of what was checked before a publication: `<table>/<first 16 digits of its key>-<number>.html`."""

Target = tuple[str, Mapping[str, str]]
"""A table and the part of it that a publication writes; `{}` is the whole table."""


@dataclass(frozen=True, slots=True)
class RecordedOutput:
    """What one publication writes to one table."""

    table: str
    part: Mapping[str, str]
    mode: str  # replace or append
    receipts: Sequence[Receipt]


@dataclass(frozen=True, slots=True)
class PublicationRecord:
    """What one run of a stage published, or was about to."""

    report: StageReport
    outputs: Sequence[RecordedOutput]
    preimage: Mapping[str, Any] = field(default_factory=dict)  # what the stage key is a digest of
    commit: str = "unknown"  # of the code


def record_path(key: str, targets: Iterable[Target]) -> str:
    """Return where the record of a publication stands, relative to the store's root.

    Args:
        key: The stage key, 64 hexadecimal characters.
        targets: The tables and parts that are written, in any order.
    """
    named = digest(sorted((table, canonical_json(dict(part))) for table, part in targets))
    return f"{RECORDS_FOLDER}/{key[:FOLDER_DIGITS]}/{named[:16]}.json"


def write_record(store: Store, record: PublicationRecord) -> bool:
    """Write the record of a publication; return whether it took the place of one of the same key and targets."""
    path = record_path(record.report.key, [(output.table, output.part) for output in record.outputs])
    stood = store.exists(path)
    store.write_bytes(path, sealed_json(canonical_json(asdict(record)).encode() + b"\n"))
    return stood


def read_record(store: Store, path: str) -> PublicationRecord:
    """Read the record of a publication.

    Args:
        store: Where it stands.
        path: Relative to the store's root; see `record_path`.

    Raises:
        InputError: There is none under the path.
        PublishError: It is damaged.
    """
    data = store.read_bytes(path)
    try:
        document = orjson.loads(opened_json(data, path))
        outputs = [
            RecordedOutput(o["table"], o["part"], o["mode"], tuple(Receipt(**receipt) for receipt in o["receipts"]))
            for o in document["outputs"]
        ]
        return PublicationRecord(StageReport(**document["report"]), outputs, document["preimage"], document["commit"])
    except (DamagedFileError, orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise PublishError(
            f"the record {store.uri(path)} is damaged ({first_line(error)}); delete it and run the stage again, or restore it"
        ) from None


def records_of(store: Store, key: str) -> list[PublicationRecord]:
    """Return the records of a stage key's publications.

    Args:
        store: Where they stand.
        key: The stage key; its first 16 characters are enough.
    """
    return [read_record(store, path) for path in store.list(f"{RECORDS_FOLDER}/{key[:FOLDER_DIGITS]}")]


def publication_of(path: str) -> str:
    """Return the folder of the publication that a file in a table's folder belongs to: the first digits of its stage key.

    Args:
        path: Relative to the store's root, as `ShardLocation` makes it.
    """
    return path.split("/")[2]


def receipts_of(store: Store, files: Iterable[str]) -> dict[str, Receipt]:
    """Return the receipts on record of files in the tables' folders.

    Args:
        store: Where the files are.
        files: Paths relative to the store's root, as `ShardLocation` makes them.

    Returns:
        A receipt by path; a file without one on record is left out.
    """
    wanted = set(files)
    found: dict[str, Receipt] = {}
    for key in sorted({publication_of(path) for path in wanted}):
        for record in records_of(store, key):
            for output in record.outputs:
                found.update((receipt.path, receipt) for receipt in output.receipts if receipt.path in wanted)
    return found
