"""Draw the split of every group of images: groups are never divided, and adding images moves none that were there."""

import hashlib
from collections.abc import Sequence

from lake.configuration import Splits

SPLITS = ("train", "val", "test")
"""Every split, in the order in which the draw is laid out."""

_DRAWS = 1 << 53


def split_of(group_id: str, splits: Splits) -> str:
    """Return the split of a group of images.

    The draw is a hash of the salt and the group's name, so it depends on nothing else: not on the other groups, their
    number or their order. The shares hold in expectation, over groups rather than images.

    Args:
        group_id: What the images of one group share; never empty.
        splits: The shares and the salt.

    Returns:
        "train", "val" or "test".

    Raises:
        ValueError: The group has no name.
    """
    if not group_id:
        raise ValueError("an image without a group cannot be assigned to a split: expected a group_id, got ''")
    draw = group_draw(group_id, splits.salt)
    if draw < splits.train:
        return "train"
    if draw < splits.train + splits.val or not splits.test:
        return "val" if splits.val else "train"
    return "test"


def group_draw(group_id: str, salt: str) -> float:
    """Return the group's draw, uniform over [0, 1) and the same on every machine.

    Args:
        group_id: The group's name.
        salt: Makes another draw of the same groups.
    """
    hashed = hashlib.sha256(f"{len(salt)}:{salt}{group_id}".encode()).digest()
    return (int.from_bytes(hashed[:8], "big") >> 11) / _DRAWS


def splits_of(group_ids: Sequence[str], splits: Splits) -> list[str]:
    """Return the split of each group, in order; see `split_of`.

    Args:
        group_ids: (N,), in any order, repeated as often as they come.
        splits: The shares and the salt.
    """
    known: dict[str, str] = {}
    for group_id in group_ids:
        if group_id not in known:
            known[group_id] = split_of(group_id, splits)
    return [known[group_id] for group_id in group_ids]
