"""A lake in, the crops that models are evaluated on out: the newest, or those that a tag froze."""

from lake.errors import InputError
from lake.lake import Lake
from lake.snapshots import Snapshot, tags


def evaluated_crops(lake: Lake, frozen: str | None) -> Snapshot:
    """Return the snapshot of `crops` that models are predicted, scored and judged on.

    Args:
        lake: Holds the crops.
        frozen: The pipeline's `evaluation.frozen`.

    Raises:
        InputError: There is no such tag.
        MissingTableError: No crops have been published.
    """
    if frozen is None:
        return lake.snapshot("crops")
    pinned = tags(lake.table("crops"))
    if frozen not in pinned:
        raise InputError(
            f"evaluation.frozen is {frozen!r}, which is no tag of crops; its tags are {sorted(pinned) or 'none'}; freeze the present "
            f"crops with `centrepiece freeze PIPELINE {frozen}`"
        )
    return lake.snapshot("crops", pinned[frozen])


def freeze(lake: Lake, tag: str) -> Snapshot:
    """Pin the newest crops under a tag: they never expire, and the tag never moves.

    Raises:
        InputError: The tag pins other crops already.
        MissingTableError: No crops have been published.
    """
    newest = lake.snapshot("crops")
    lake.tag("crops", newest.snapshot_id, tag)
    return newest
