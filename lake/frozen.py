"""The crops that models are evaluated on: the newest, or those that a tag froze for good."""

from lake.configuration import Pipeline
from lake.errors import InputError
from lake.lake import Lake, open_lake
from lake.publishing.snapshots import AsOf, Snapshot, tags


def evaluated_lake(pipeline: Pipeline, as_of: AsOf = None) -> Lake:
    """Open a pipeline's lake with `crops` as they are evaluated.

    Args:
        pipeline: Its `evaluation.frozen` names a tag of crops, or nothing.
        as_of: Of the crops, whatever is frozen; None is the frozen ones, or else the newest.

    Raises:
        InputError: There is no such tag, or no such state.
    """
    lake = open_lake(pipeline)
    return with_frozen_crops(lake, pipeline.evaluation.frozen) if as_of is None else lake.pinned(as_of, tables=("crops",))


def with_frozen_crops(lake: Lake, frozen: str | None) -> Lake:
    """Return a lake with `crops` pinned to a tag of theirs, or to the newest.

    Args:
        lake: Any state of it.
        frozen: A tag of crops; None is their newest snapshot.

    Raises:
        InputError: There is no such tag.
    """
    if frozen is None:
        return lake.pinned(tables=("crops",))
    pinned = tags(lake.state("crops"))
    if frozen not in pinned:
        raise InputError(
            f"evaluation.frozen is {frozen!r}, which is no tag of crops; its tags are {sorted(pinned) or 'none'}; freeze the present "
            f"crops with `centrepiece freeze PIPELINE {frozen}`"
        )
    return lake.pinned(pinned[frozen], tables=("crops",))


def freeze(lake: Lake, tag: str) -> Snapshot:
    """Pin the newest crops under a tag: they never expire, and the tag never moves.

    Args:
        lake: Whose crops.
        tag: Its name, which must not pin other crops.

    Raises:
        InputError: The tag pins other crops already.
        MissingTableError: No crops have been published.
    """
    newest = lake.snapshot("crops")
    lake.tag("crops", newest.snapshot_id, tag)
    return newest
