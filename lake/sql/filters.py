"""The filter `where` of readers, for Iceberg's manifests and for Arrow's rows."""

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import pyarrow.compute as pc
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression, In, Reference

Where: TypeAlias = Mapping[str, Any] | pc.Expression | None
"""Column → value or collection of values (all must hold; prunes files), or a pyarrow expression, or None for all."""


def arrow_filter(where: Where) -> pc.Expression | None:
    """Return the filter of rows that `where` means."""
    if not isinstance(where, Mapping):
        return where
    expression = None
    for column, value in where.items():
        wanted = _values(value)
        term = pc.field(column).isin(wanted) if wanted else pc.scalar(False)
        expression = term if expression is None else expression & term
    return expression


def file_filter(where: Where) -> BooleanExpression:
    """Return the filter of files that `where` means; a pyarrow expression leaves none out."""
    expression: BooleanExpression = AlwaysTrue()
    for column, value in where.items() if isinstance(where, Mapping) else ():
        expression = And(expression, In(term=Reference(column), literals=set(_values(value))))
    return expression


def _values(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Collection) and not isinstance(value, str | bytes) else [value]
