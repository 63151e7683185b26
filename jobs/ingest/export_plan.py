"""How an export is divided: into units, which a worker reads at once, and shards of even weight, which are written as one file."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.packing import pack_up_to
from jobs.sources.files.exports import Export, open_export
from jobs.sources.records import Rejected, Unit
from jobs.sources.registry import reader_of
from lake.configuration import Pipeline, Source
from lake.errors import ConfigurationError
from lake.storage.store import Store

INGEST_VERSION = 5
"""Of the code of ingest: raised when the same export gives other rows."""
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


def chosen_sources(pipeline: Pipeline, *, only: str | None, accept_losses: Sequence[str] | None = None) -> list[Source]:
    """Return the sources of a pipeline, or the one that is named.

    Args:
        pipeline: Of the sources.
        only: Name of one source; None for all.
        accept_losses: Names of sources; a wrong one is told before anything is read.

    Raises:
        ConfigurationError: A name is no source's.
    """
    known = {source.name for source in pipeline.sources}
    if unknown := sorted(set(accept_losses or ()) - known):
        raise ConfigurationError(f"losses are accepted of {unknown}, but the sources of pipeline {pipeline.name!r} are {sorted(known)}")
    sources = [source for source in pipeline.sources if only in (None, source.name)]
    if not sources:
        names = ", ".join(source.name for source in pipeline.sources)
        raise ConfigurationError(f"no source {only!r} in pipeline {pipeline.name!r}; its sources are {names}")
    return sources


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
