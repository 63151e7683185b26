"""What a table's metadata says of its snapshots, without Iceberg's own classes: to load those takes longer than most reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

_NONE = -1
"""The present snapshot's id in metadata of a table without one, as some writers put it."""


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """A snapshot that a table's metadata still names."""

    snapshot_id: int
    sequence_number: int
    timestamp_ms: int  # since 1970
    manifest_list: str  # URI
    summary: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TableState:
    """A table as one metadata file describes it."""

    name: str
    location: str  # URI of its folder
    properties: Mapping[str, str]
    current_snapshot_id: int | None
    snapshots: Sequence[KeptSnapshot]
    tags: Mapping[str, int]
    metadata_location: str  # URI
    document: bytes = field(repr=False)  # the whole of it

    def snapshot(self, snapshot_id: int | None) -> KeptSnapshot | None:
        """Return the snapshot with an id; None where it is not kept."""
        return next((snapshot for snapshot in self.snapshots if snapshot.snapshot_id == snapshot_id), None)

    def current_snapshot(self) -> KeptSnapshot | None:
        """Return the newest snapshot; None where nothing has been published."""
        return self.snapshot(self.current_snapshot_id)


def parse_state(name: str, document: bytes, metadata_location: str) -> TableState:
    """Read a metadata document.

    Args:
        name: Of the table.
        document: JSON, without a seal.
        metadata_location: Where it lies.

    Raises:
        ValueError: It is no table's metadata.

    Source: the Iceberg table specification, section "Table Metadata Fields".
    """
    try:
        found: dict[str, Any] = orjson.loads(document)
        snapshots = [_snapshot(one) for one in found.get("snapshots") or ()]
        references = (found.get("refs") or {}).items()
        tags = {str(tag): int(reference["snapshot-id"]) for tag, reference in references if reference["type"] == "tag"}
        properties = {str(key): str(value) for key, value in found.get("properties", {}).items()}
        current = found.get("current-snapshot-id")
        state = TableState(
            name,
            str(found["location"]),
            properties,
            None if current in (None, _NONE) else int(current),
            snapshots,
            tags,
            metadata_location,
            document,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no table's metadata: {error!r}") from error
    if state.current_snapshot_id is not None and state.current_snapshot() is None:
        raise ValueError(f"the present snapshot {state.current_snapshot_id} is not among the snapshots")
    return state


def _snapshot(found: Mapping[str, Any]) -> KeptSnapshot:
    summary = {str(key): str(value) for key, value in (found.get("summary") or {}).items()}
    sequence_number, manifests = int(found.get("sequence-number") or 0), str(found["manifest-list"])
    return KeptSnapshot(int(found["snapshot-id"]), sequence_number, int(found["timestamp-ms"]), manifests, summary)
