"""How many training crops each cell gets, by how many instances it holds.

With n instances in a cell the wish is in proportion to n ** temperature: 1 keeps the source's proportions, 0 makes all
cells equal. A cell gets at least `floor` and at most n * max_replicas; what a full cell cannot take goes to the others in
the same proportion. The quotas sum to `target`, or to what all cells can give if that is less.
"""

import numpy as np
import numpy.typing as npt

from jobs.columns import Whole
from lake.configuration import BalanceSpec

Shares = npt.NDArray[np.float64]


def quotas(counts: Whole, spec: BalanceSpec) -> Whole:
    """Apportion the target over the cells.

    Args:
        counts: (K,) instances that could be planned, each at least 1, in the cells' own fixed order.
        spec: Target, temperature, floor and max_replicas.

    Returns:
        (K,) crops; they sum to min(target, sum(counts) * max_replicas).

    Raises:
        ValueError: A cell is empty.
    """
    if counts.size and counts.min() < 1:
        raise ValueError(f"a cell without instances has no quota: got counts of {int(counts.min())}")
    upper = counts * spec.max_replicas
    lower = np.minimum(spec.floor, upper)
    total = min(spec.target, int(upper.sum()))
    if int(lower.sum()) > total:
        return _whole(_fill(lower.astype(np.float64), np.zeros_like(lower), lower, total), lower, total)
    wish = counts.astype(np.float64) ** spec.temperature
    return _whole(_fill(wish, lower, upper, total), upper, total)


def _fill(wish: Shares, lower: Whole, upper: Whole, total: int) -> Shares:
    """Find the level at which clip(level * wish, lower, upper) sums to the total, and return those amounts.

    The sum rises with the level along straight lines that bend where a cell leaves its floor or reaches its ceiling: the
    bends are searched by halving, and the level between two of them is solved for.
    """
    wished = wish > 0
    leaves, fills = (np.divide(side, wish, out=np.zeros_like(wish), where=wished) for side in (lower, upper))
    bends = np.unique(np.concatenate([[0.0], leaves, fills]))
    low, high = 0, bends.size - 1
    while low < high:
        middle = (low + high + 1) // 2
        if _amounts(bends[middle], wish, lower, upper).sum() <= total:
            low = middle
        else:
            high = middle - 1
    level = bends[low]
    free = wished & (leaves <= level) & (fills > level)
    if free.any():
        level += max(0.0, total - _amounts(level, wish, lower, upper).sum()) / wish[free].sum()
    return _amounts(level, wish, lower, upper)


def _amounts(level: float, wish: Shares, lower: Whole, upper: Whole) -> Shares:
    return np.clip(level * wish, lower, upper)


def _whole(amounts: Shares, upper: Whole, total: int) -> Whole:
    """Round to whole crops that sum to the total, by largest remainder; of equal remainders the earlier cell's wins."""
    whole = np.floor(amounts).astype(np.int64)
    order = np.lexsort((np.arange(amounts.size), whole - amounts))
    while (left := total - int(whole.sum())) > 0:
        whole[[cell for cell in order if whole[cell] < upper[cell]][:left]] += 1
    return whole
