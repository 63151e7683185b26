"""The filter `where` of readers, for Arrow's rows."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from lake.storage.data_files import values_of

if TYPE_CHECKING:
    import pyarrow.compute as pc

Where: TypeAlias = "Mapping[str, Any] | pc.Expression | None"
"""Column → value or collection of values (all must hold; prunes files), or a pyarrow expression, or None for all."""


def arrow_filter(where: Where) -> "pc.Expression | None":
    """Return the filter of rows that `where` means."""
    if not isinstance(where, Mapping):
        return where
    import pyarrow.compute as pc

    expression = None
    for column, value in where.items():
        wanted = values_of(value)
        term = pc.field(column).isin(wanted) if wanted else pc.scalar(False)
        expression = term if expression is None else expression & term
    return expression
