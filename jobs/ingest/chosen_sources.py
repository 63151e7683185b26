"""Which sources of a pipeline are ingested."""

from collections.abc import Sequence

from lake.configuration import Pipeline, Source
from lake.errors import ConfigurationError


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
