"""What was observed of rows in, the verdict of Great Expectations on them and its page out; nothing leaves the machine.

Importing Great Expectations takes seconds: stages resolve `validate` by name, and only when they have rows to publish.
"""

import logging
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from jobs.quality.expectations import COLUMNS, REFERENCE, SUITES, Expectation, Validation
from lake.errors import EmptyCheckError

os.environ["GX_ANALYTICS_ENABLED"] = "false"
# Its own deprecated imports and calls, and pyspark's view of pandas 3, say nothing about our rows.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import great_expectations as gx
    from great_expectations.core.expectation_validation_result import (
        ExpectationSuiteValidationResult,
        ExpectationValidationResult,
    )
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

_MOST_FAULTS = 20
"""Failing rows that are looked at of an expectation."""
_NAMED_FAULTS = 5
"""Failing rows that a message names."""


Names = Callable[[tuple[str, ...]], pa.Table]
"""Reads some columns of the same rows, to name those that fail."""


def validate(table: str, rows: pa.Table, names: Names) -> Validation:
    """Check rows against their table's suite.

    Args:
        table: annotations, instances or crops.
        rows: As `jobs.quality.check_columns.observed` gives them.
        names: Called only when an expectation fails.

    Raises:
        EmptyCheckError: There are no rows: a suite that evaluated nothing fails.
    """
    if not rows.num_rows:
        raise EmptyCheckError(f"the expectations of table {table!r} were to be checked over no rows")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _validated(table, rows, names)


def _validated(table: str, rows: pa.Table, names: Names) -> Validation:
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    # Its own documentation site is a temporary folder that it announces; our pages go to the store.
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    settings = DataContextConfig(store_backend_defaults=stores, progress_bars=ProgressBarsConfig(globally=False))
    context = gx.get_context(mode="ephemeral", project_config=settings)
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset(table)
    whole = asset.add_batch_definition_whole_dataframe("all")
    suite = gx.ExpectationSuite(name=table)
    for expectation in SUITES[table]:
        suite.add_expectation(getattr(gx.expectations, expectation.name)(**expectation.arguments))
    shape = {"result_format": "SUMMARY", "partial_unexpected_count": _MOST_FAULTS}
    result = whole.get_batch({"dataframe": _frame(rows)}).validate(suite, result_format=shape)
    texts: tuple[str, ...] = ()
    if not result.success:  # once more, to name the rows: too dear for the many times when there are none to name
        identity = (COLUMNS[table][0], REFERENCE)
        texts = tuple(dict.fromkeys((*identity, *(one.rule.column for one in SUITES[table] if one.rule is not None))))
        named = rows
        for name, values in zip(texts, names(texts).itercolumns(), strict=True):
            named = named.append_column(name, values)
        shape = {**shape, "unexpected_index_column_names": list(texts)}
        result = whole.get_batch({"dataframe": _frame(named)}).validate(suite, result_format=shape)
    return Validation(rows.num_rows, len(result.results), tuple(_failures(table, result)), _page(result))


def _frame(rows: pa.Table) -> pd.DataFrame:
    """Widen whole numbers: Great Expectations compares columns of 64 bits at once, and narrower ones value by value."""
    columns = [
        pa.field(name, pa.int64() if pa.types.is_integer(of) else of) for name, of in zip(rows.schema.names, rows.schema.types, strict=True)
    ]
    frame: pd.DataFrame = rows.cast(pa.schema(columns)).to_pandas()
    return frame


def _failures(table: str, result: ExpectationSuiteValidationResult) -> Iterator[str]:
    expected = {expectation.column: expectation for expectation in SUITES[table]}
    for one in result.results:
        if not one.success:
            column = one.expectation_config.kwargs["column"] if one.expectation_config else ""
            yield f"{_named(one)}: {_fault(one, (COLUMNS[table][0], REFERENCE, _shown(expected.get(column), column)))}"


def _shown(expectation: Expectation | None, column: str) -> str:
    """Return the column whose value says what is wrong: the text behind an observation, else what was compared."""
    return expectation.rule.column if expectation is not None and expectation.rule is not None else column


def _named(one: ExpectationValidationResult) -> str:
    config = one.expectation_config
    if config is None:
        return "an expectation"
    bounds = {name: value for name, value in config.kwargs.items() if name in ("min_value", "max_value")}
    return f"{config.type} of column {config.kwargs.get('column')}" + "".join(f", {name} {value!r}" for name, value in bounds.items())


def _fault(one: ExpectationValidationResult, shown: tuple[str, ...]) -> str:
    """Say how many rows fail, and name some by their id, where they stand in the export, and their value."""
    raised = (one.exception_info or {}).get("exception_message")
    found = one.result or {}
    if raised or "unexpected_count" not in found:
        return str(raised or "it was not evaluated")
    named = [
        ", ".join(f"{name} {_plain(row[name])!r}" for name in dict.fromkeys(shown) if name in row)
        for row in found.get("partial_unexpected_index_list", [])[:_NAMED_FAULTS]
    ]
    more = "; …" if found["unexpected_count"] > len(named) else ""
    return f"{found['unexpected_count']:,} of {found['element_count']:,} rows ({'; '.join(named)}{more})"


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _page(result: ExpectationSuiteValidationResult) -> str:
    document = ValidationResultsPageRenderer().render(result)
    return str(DefaultJinjaPageView().render(document))  # type: ignore[no-untyped-call]
