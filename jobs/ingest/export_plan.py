"""How an export is divided: into units, which a worker reads at once, and shards of even weight, which are written as one file."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.packing import pack_up_to
from jobs.sources.files.exports import Export, open_export
from jobs.sources.records import Rejected, Unit
from jobs.sources.registry import reader_of
from lake.configuration import Source
from lake.storage.store import Store

SHARD_WEIGHT = 8192
"""Objects that a shard is expected to hold, unless one unit alone has more."""


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """An export of a source, divided."""

    source: Source
    export: Export
    units: Sequence[Unit]
    shards: Sequence[range]  # of indices in `units`, all of them in order
    unassigned: Sequence[Rejected]  # records that belong to no unit


def plan_export(source: Source, store: Store) -> ExportPlan:
    """Open a source's export and divide it; this depends on nothing but its annotations.

    Args:
        source: The stanza.
        store: Where archives are unpacked.

    Raises:
        InputError: The export is missing or is not what the stanza says.
    """
    export = open_export(source.annotations, source.images, source.classes, scene=source.scene, min_score=source.min_score, store=store)
    divided = list(reader_of(source.format).units(export))
    units = [outcome for outcome in divided if isinstance(outcome, Unit)]
    return ExportPlan(source, export, units, pack(units), [outcome for outcome in divided if isinstance(outcome, Rejected)])


def pack(units: Sequence[Unit], weight: int = SHARD_WEIGHT) -> list[range]:
    """Cut a sequence of units into shards, each a range of indices.

    Args:
        units: In order.
        weight: Objects that a shard holds at most, unless one unit alone has more.
    """
    return pack_up_to([unit.weight for unit in units], weight)
