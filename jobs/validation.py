"""Rows of a table in, the verdict of Great Expectations on them and its page out; nothing leaves the machine.

Importing Great Expectations takes seconds: stages resolve `validate` by name, and only when they have rows to publish.
"""

import logging
import os
import warnings
from dataclasses import dataclass

import pyarrow as pa

from jobs.expectations import SUITES, observed
from lake.errors import EmptyCheckError

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
# Its own deprecated imports and calls, and pyspark's view of pandas 3, say nothing about our rows.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import great_expectations as gx
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

_MOST_FAULTS = 20
"""Rows that a failing expectation names."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What Great Expectations found: rows and expectations that were evaluated, those that failed, and the page."""

    rows: int
    expectations: int
    failed: tuple[str, ...]
    page: str  # HTML


def validate(table: str, rows: pa.Table) -> Validation:
    """Check rows against their table's suite.

    Args:
        table: annotations, instances or crops.
        rows: With at least the columns of `jobs.expectations.COLUMNS`.

    Raises:
        EmptyCheckError: There are no rows: a suite that evaluated nothing fails.
    """
    if not rows.num_rows:
        raise EmptyCheckError(f"the expectations of table {table!r} were to be checked over no rows")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _validated(table, observed(table, rows))


def _validated(table: str, rows: pa.Table) -> Validation:
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("rows").add_dataframe_asset(table)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": rows.to_pandas()})
    suite = gx.ExpectationSuite(name=table)
    for expectation in SUITES[table]:
        suite.add_expectation(getattr(gx.expectations, expectation.name)(**expectation.arguments))
    result = batch.validate(suite, result_format={"result_format": "SUMMARY", "partial_unexpected_count": _MOST_FAULTS})
    return Validation(rows.num_rows, len(result.results), tuple(_failures(result)), _page(result))


def _failures(result: ExpectationSuiteValidationResult) -> list[str]:
    found = []
    for one in result.results:
        if not one.success:
            config = one.expectation_config
            values = (one.result or {}).get("partial_unexpected_list", [])
            fault = (one.exception_info or {}).get("exception_message") or f"e.g. {values[:3]!r}"
            found.append(f"{config.type} of {config.kwargs.get('column')}: {fault}" if config else str(fault))
    return found


def _page(result: ExpectationSuiteValidationResult) -> str:
    document = ValidationResultsPageRenderer().render(result)
    return str(DefaultJinjaPageView().render(document))  # type: ignore[no-untyped-call]
