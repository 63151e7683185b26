"""The page that documents a check, rendered by Great Expectations from what was found; nothing is evaluated here.

Great Expectations has no lean way in: importing any part of it takes 2 to 3 s. `jobs.quality.check` therefore imports this
module when there is a page to render, and does without it where Great Expectations is not installed.
"""

import html
import logging
import os
import sys
import warnings

from jobs.quality.rules import RULES, QualityRule
from jobs.quality.violations import Violations

os.environ["GX_ANALYTICS_ENABLED"] = "false"
# Its own deprecated imports and calls, and pyspark's view of pandas 3, say nothing about our rows.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    # Great Expectations does without Spark Connect; pyspark ends a `python -c` that imports it: it takes that for its doctests.
    sys.modules.setdefault("pyspark.sql.connect", None)  # type: ignore[arg-type]
    from great_expectations import __version__
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult, ExpectationValidationResult
    from great_expectations.expectations.expectation import ColumnMapExpectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    if sys.modules["pyspark.sql.connect"] is None:
        del sys.modules["pyspark.sql.connect"]

    class ExpectColumnValuesToMeetRule(ColumnMapExpectation):
        """A rule of `jobs.quality.rules`: it is told, never evaluated."""

        map_metric = "column_values.meet_rule"


def render_page(found: Violations, key: str) -> str:
    """Return what was found of a table as a page of HTML.

    Args:
        found: Of the whole publication, at least one row.
        key: Its stage key.
    """
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    rules = zip(RULES[found.table], found.counts, found.named, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = [_result(rule, found.rows, count, named) for rule, count, named in rules]
        document = ValidationResultsPageRenderer().render(_of_suite(found, key, results))
        return str(DefaultJinjaPageView().render(document))  # type: ignore[no-untyped-call]


def _of_suite(found: Violations, key: str, results: list[ExpectationValidationResult]) -> ExpectationSuiteValidationResult:
    met = sum(count == 0 for count in found.counts)
    statistics = {
        "evaluated_expectations": len(results),
        "successful_expectations": met,
        "unsuccessful_expectations": len(results) - met,
        "success_percent": 100 * met / len(results),
    }
    batch = {"data_asset_name": found.table, "rows": found.rows, "stage_key": key}
    meta = {"great_expectations_version": __version__, "batch_spec": batch}
    return ExpectationSuiteValidationResult(met == len(results), results, found.table, statistics=statistics, meta=meta)


def _result(rule: QualityRule, rows: int, count: int, named: tuple[str, ...]) -> ExpectationValidationResult:
    result = {
        "element_count": rows,
        "unexpected_count": count,
        "unexpected_percent": 100 * count / rows,
        "partial_unexpected_list": list(named),
        "partial_unexpected_counts": [{"value": html.escape(row), "count": 1} for row in named],
    }
    told = ExpectationConfiguration(
        type="expect_column_values_to_meet_rule",
        kwargs={"column": rule.columns[0]},
        description=html.escape(f"{rule.name}: {rule.expected}"),
    )
    return ExpectationValidationResult(success=not count, expectation_config=told, result=result)
