"""What the stanzas of a pipeline's sources say to the label stage."""

from lake.configuration import Pipeline


def source_names(pipeline: Pipeline) -> list[str]:
    """Return the names of the sources that a pipeline uses, sorted."""
    return sorted(source.name for source in pipeline.sources)


def fixed_splits(pipeline: Pipeline) -> dict[str, str]:
    """Return the split by source, of those with one of their own."""
    return {source.name: source.split for source in pipeline.sources if source.split is not None}
