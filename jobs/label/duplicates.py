"""Joins groups of images that look alike, so that they never straddle two splits.

Groups are joined when they hold the same image, or images whose hashes (`imaging.phash`) differ in at most so many bits; also in
chains. A joined group takes the name and the split of one of its groups: of those in train the first by name, else of
those in val, else of those in test. Training wins so that no image that a model may have been trained on is ever scored.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.columns import Whole, texts
from lake.errors import ContractError
from lake.splits import SPLITS

GROUP_COLUMNS = ("image_id", "group_id", "split", "phash")
"""What is read of an image."""

Hashes = npt.NDArray[np.uint64]

_BITS = 64


@dataclass(frozen=True, slots=True)
class JoinedGroup:
    """What a group that was joined with others becomes."""

    group_id: str
    split: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Which groups were joined."""

    groups: Mapping[str, JoinedGroup]  # by their own name; only those whose name changes
    alike: int  # pairs of distinct hashes within the distance
    largest: int  # groups in the largest joined one, 1 where none was joined


def join_groups(images: pa.Table, distance: int | None) -> Joined:
    """Find the groups that hold the same image or images that look alike.

    Args:
        images: GROUP_COLUMNS of all images; a null `phash` is like no other.
        distance: Bits, 0 to 63; None: only the same bytes join groups.

    Raises:
        ContractError: A group lies in two splits already.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    groups = images.column("group_id").combine_chunks().dictionary_encode()
    names, member = groups.dictionary.to_pylist(), np.asarray(groups.indices, np.int64)
    splits = _splits(names, member, texts(images, "split"))
    edges = [_chain(_codes(images.column("image_id")), member)]
    alike = 0
    if distance is not None:
        hashes, owner = _hashes(images.column("phash"), member)
        distinct, first, which = np.unique(hashes, return_index=True, return_inverse=True)
        pairs = near_pairs(distinct, distance)
        alike = len(pairs)
        edges += [_chain(which, owner), owner[first][pairs]]
    joined = np.concatenate(edges)
    graph = coo_array((np.ones(len(joined), np.int8), (joined[:, 0], joined[:, 1])), shape=(len(names), len(names)))
    _, component = connected_components(graph, directed=False)
    sizes = np.bincount(component)
    return Joined(_renamed(names, splits, component, sizes), alike, int(sizes.max(initial=1)))


def regroup(images: pa.Table, groups: Mapping[str, JoinedGroup]) -> pa.Table:
    """Give images the group and the split of the joined group that theirs is in.

    Args:
        images: With at least group_id and split.
        groups: From `join_groups`.
    """
    if not groups:
        return images
    own = images.column("group_id").to_pylist()
    found = [groups.get(group) for group in own]
    columns = {
        "group_id": [new.group_id if new else old for new, old in zip(found, own, strict=True)],
        "split": [new.split if new else old for new, old in zip(found, images.column("split").to_pylist(), strict=True)],
    }
    for name, values in columns.items():
        images = images.set_column(images.column_names.index(name), name, pa.array(values, pa.string()))
    return images


def near_pairs(hashes: Hashes, distance: int) -> Whole:
    """Find every pair of hashes that differ in at most so many bits.

    Cut into `distance + 1` bands, two such hashes agree in one band at least: only those are compared.

    Args:
        hashes: (N,) distinct.
        distance: Bits, 0 to 63.

    Returns:
        (M, 2) positions, each pair once, the lesser first, sorted.

    Source: Norouzi, Punjani and Fleet, "Fast search in Hamming space with multi-index hashing" (CVPR 2012), proposition 1.
    """
    if not 0 <= distance < _BITS:
        raise ValueError(f"expected a distance of 0 to {_BITS - 1} bits, got {distance}")
    found = [np.zeros((0, 2), np.int64)]
    for low, bits in _bands(distance + 1):
        band = (hashes >> np.uint64(low)) & np.uint64((1 << bits) - 1)
        found.extend(_within_buckets(hashes, band, distance))
    return np.unique(np.concatenate(found), axis=0)


def _within_buckets(hashes: Hashes, band: Hashes, distance: int) -> Iterator[Whole]:
    """Compare the hashes of equal band: neighbours in the sorted order, then next but one, … until no bucket is that long."""
    order = np.argsort(band, kind="stable")
    band, hashes = band[order], hashes[order]
    at = np.arange(len(order))
    step = 0
    while at.size:
        step += 1
        at = at[at + step < len(order)]
        at = at[band[at] == band[at + step]]
        near = at[np.bitwise_count(hashes[at] ^ hashes[at + step]) <= distance]
        yield np.sort(np.stack([order[near], order[near + step]], axis=1), axis=1)


def _bands(count: int) -> Iterator[tuple[int, int]]:
    edges = [_BITS * number // count for number in range(count + 1)]
    yield from ((low, high - low) for low, high in pairwise(edges))


def _chain(codes: Whole, member: Whole) -> Whole:
    """Return edges that connect the groups of all rows of one code."""
    order = np.argsort(codes, kind="stable")
    same = codes[order][1:] == codes[order][:-1]
    return np.stack([member[order][:-1][same], member[order][1:][same]], axis=1)


def _codes(values: pa.ChunkedArray) -> Whole:
    return np.asarray(values.combine_chunks().dictionary_encode().indices, np.int64)


def _hashes(values: pa.ChunkedArray, member: Whole) -> tuple[Hashes, Whole]:
    known = np.asarray(pc.is_valid(values), np.bool_)
    return np.array([int(value, 16) for value in values.drop_null().to_pylist()], np.uint64), member[known]


def _splits(names: list[str], member: Whole, split: npt.NDArray[np.object_]) -> Whole:
    code = np.array([SPLITS.index(value) for value in split], np.int64)
    found = np.zeros(len(names), np.int64)
    found[member] = code
    straddling = np.flatnonzero(found[member] != code)
    if straddling.size:
        name = names[member[straddling[0]]]
        raise ContractError(
            f"group {name!r} lies in two splits: its images were ingested under different `splits`; "
            "run `centrepiece ingest` again for every source"
        )
    return found


def _renamed(names: list[str], splits: Whole, component: Whole, sizes: Whole) -> dict[str, JoinedGroup]:
    heads: dict[int, tuple[int, str]] = {}
    members = [number for number in range(len(names)) if sizes[component[number]] > 1]
    for number in members:
        candidate = (int(splits[number]), names[number])
        heads[int(component[number])] = min(heads.get(int(component[number]), candidate), candidate)
    renamed = ((names[number], heads[int(component[number])]) for number in members)
    return {name: JoinedGroup(head, SPLITS[split]) for name, (split, head) in renamed if name != head}
