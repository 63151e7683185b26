"""The cells of the balance: how many crops each gets, and which of its instances fill it.

Within a cell instances are ordered by a draw on their id, so a cell's choice depends on nothing but its own instances.
With a quota of q crops for n instances, every instance is cut q // n times, and the first q % n of the order once more;
the last of these is the cell's *cut*. A cell table is small, and enough to plan any part of the instances on its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs.balance.draws import Draws, draw, id_words
from jobs.balance.quotas import quotas
from jobs.columns import Flags, Whole, texts
from lake.configuration import BalanceSpec
from lake.errors import ContractError

Codes = npt.NDArray[np.int32]

_COLUMNS: Mapping[str, str] = {"domain": "domain", "customer": "customer", "class": "class_id"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What the balance decided for one cell of the training split."""

    instances: int  # eligible ones
    quota: int  # crops, replicas counted
    every: int  # crops of every instance
    cut: tuple[int, int] | None  # order of the last instance that gets one crop more; None: no instance does


@dataclass(frozen=True, slots=True)
class Candidates:
    """Eligible training instances of some rows: the cell and the order of each."""

    names: Sequence[str]  # of the cells that occur
    cell: Codes  # position in `names`
    order: Draws
    tie: Draws  # parts equal draws; equal in both means equal ids


def strata(instances: pa.Table, spec: BalanceSpec) -> pa.ChunkedArray:
    """Return the cell that each instance is counted in: the values of `balance.by`, joined with a slash."""
    return pc.binary_join_element_wise(*(instances.column(_COLUMNS[name]) for name in spec.by), "/")


def candidates(instances: pa.Table, eligible: Flags, spec: BalanceSpec, *, seed: int) -> Candidates:
    """Enter the eligible training instances for the draw.

    Args:
        instances: Rows of `instances`, with at least instance_id, split and the columns of `balance.by`.
        eligible: (N,) whether each can be planned.
        spec: Names the cells.
        seed: Of the draw.
    """
    entered = instances.filter(pa.array(eligible & (texts(instances, "split") == "train")))
    ids = entered.column("instance_id")
    cells = strata(entered, spec).combine_chunks().dictionary_encode()
    codes = np.asarray(cells.indices, np.int32)
    return Candidates(cells.dictionary.to_pylist(), codes, draw(id_words(ids, 0), "choice", seed), id_words(ids, 1))


def cell_table(entered: Iterable[Candidates], spec: BalanceSpec) -> dict[str, Cell]:
    """Decide every cell.

    Args:
        entered: The candidates of all instances, in any order and any grouping.
        spec: Quotas.

    Returns:
        The cells by name, in the order of their names.

    Raises:
        ContractError: An instance entered twice.
    """
    names: dict[str, int] = {}
    codes, orders, ties = [], [], []
    for part in entered:
        numbers = np.array([names.setdefault(name, len(names)) for name in part.names], np.int32)
        codes.append(numbers[part.cell])
        orders.append(part.order)
        ties.append(part.tie)
    if not names:
        return {}
    code, order, tie = np.concatenate(codes), np.concatenate(orders), np.concatenate(ties)
    ranking = np.lexsort((tie, order, code))
    code, order, tie = code[ranking], order[ranking], tie[ranking]
    _refuse_duplicates(code, order, tie)
    starts = np.searchsorted(code, np.arange(len(names)))
    counts = np.diff(starts, append=code.size)
    by_name = sorted(names)
    positions = np.array([names[name] for name in by_name])
    wanted = quotas(counts[positions], spec)
    return {
        name: _cell(int(counts[at]), int(quota), order[starts[at] :], tie[starts[at] :])
        for name, at, quota in zip(by_name, positions.tolist(), wanted.tolist(), strict=True)
    }


def replicas(instances: pa.Table, eligible: Flags, cells: Mapping[str, Cell], spec: BalanceSpec, *, seed: int) -> Whole:
    """Return how many crops each instance gets.

    Args:
        instances: Rows of `instances`, any part of those that `cells` was decided on.
        eligible: (N,) whether each can be planned.
        cells: Every cell.
        spec: Names the cells.
        seed: Of the draw.

    Returns:
        (N,): 0 where it is not eligible or over the quota; exactly 1 for every eligible one in val and test.
    """
    training = eligible & (texts(instances, "split") == "train")
    crops = eligible.astype(np.int64)
    entered = candidates(instances, eligible, spec, seed=seed)
    if entered.names:
        found = [cells[name] for name in entered.names]
        every = np.array([cell.every for cell in found])[entered.cell]
        crops[training] = every + _within_cut(entered, [cell.cut for cell in found])
    return crops


def _cell(count: int, quota: int, order: Draws, tie: Draws) -> Cell:
    every, extra = divmod(quota, count)
    cut = (int(order[extra - 1]), int(tie[extra - 1])) if extra else None
    return Cell(count, quota, every, cut)


def _within_cut(entered: Candidates, cuts: Sequence[tuple[int, int] | None]) -> Flags:
    has_cut = np.array([cut is not None for cut in cuts])[entered.cell]
    last_order, last_tie = (np.array([cut[word] if cut else 0 for cut in cuts], np.uint64)[entered.cell] for word in (0, 1))
    before = (entered.order < last_order) | ((entered.order == last_order) & (entered.tie <= last_tie))
    return np.asarray(has_cut & before, np.bool_)


def _refuse_duplicates(code: Codes, order: Draws, tie: Draws) -> None:
    duplicate = (code[1:] == code[:-1]) & (order[1:] == order[:-1]) & (tie[1:] == tie[:-1])
    if duplicate.any():
        raise ContractError(
            f"{int(duplicate.sum()):,} instances stand twice in `instances`; the keys of a table are unique: run `centrepiece doctor`"
        )
