"""The questions of docs/queries.md, asked of published tables."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from evaluation.metrics.instance import MetricSpec, full_metric_name, metric_names
from lake.contracts import Score
from lake.digests import digest
from lake.lake import Lake
from lake.schemas import arrow_schema, table_of
from lake.sql.query import run_sql
from tests.support.planned_lake import planned_lake, publish_rows

PAGE = Path(__file__).parents[4] / "docs" / "queries.md"
QUERIES = dict(re.findall(r"^## (.+?)\n.*?```sql\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))

Rows = list[dict[str, Any]]
_HOLD: dict[str, Callable[[Rows], bool]] = {
    "What does the dataset hold?": lambda rows: sum(row["instances"] for row in rows) == 1_500,
    "How balanced is each split, before and after?": lambda rows: all(
        row["effective_after"] > row["effective_before"] for row in rows if row["split"] == "train"
    ),
    "Which cells are short of their quota, and how many instances are missing?": lambda rows: 1 < rows[0]["replicas"] <= 4,
    "Is every instance accounted for?": lambda rows: rows[0]["lost"] == 0 and rows[0]["planned"] > 0 and rows[0]["rejected"] > 0,
    "How large are the objects?": lambda rows: abs(sum(row["percent"] for row in rows) - 200) < 1,
    "Where in the export does an instance come from, and what became of it?": lambda rows: all(
        (row["crops"] > 0) != (row["reason"] is not None) for row in rows
    ),
    "How do two models compare, class by class, on the same crops?": lambda rows: [row["gain"] for row in rows] == [-0.25, 0.25],
}
_EMPTY = {
    "Which classes are trained on and never tested?",
    "Does any group straddle two splits?",
    "Which images changed their split because they look like others?",
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made = planned_lake(tmp_path_factory.mktemp("queries"))
    for model, value in (("a" * 64, 0.5), ("b" * 64, 0.75), (f"{'b' * 64}@loose-25", 0.1)):
        flags = {field.name: True for field in arrow_schema(Score) if pa.types.is_boolean(field.type)}
        named = {"model": model, "metric": full_metric_name("edge_overlap_f", 2), "value": value}
        row = dict.fromkeys(Score.__slots__, "x") | flags | named
        publish_rows(made, {"scores": table_of(Score, [row])}, part={"model": model}, key=digest(model)[:8])
    return made


@pytest.mark.parametrize("question", QUERIES)
def test_a_question_of_the_page_has_its_answer(lake: Lake, question: str) -> None:
    rows = run_sql(lake, QUERIES[question]).to_pylist()
    assert (rows == []) == (question in _EMPTY)
    assert question not in _HOLD or _HOLD[question](rows)


def test_the_metrics_that_the_page_names_are_stored_under_these_names() -> None:
    named = {name for query in QUERIES.values() for name in re.findall(r"metric = '(\w+)'", query)}
    assert named and named <= set(metric_names(MetricSpec()))


def test_the_page_holds_every_question_that_is_checked() -> None:
    assert set(QUERIES) >= {*_HOLD, *_EMPTY}
    assert len(QUERIES) == PAGE.read_text(encoding="utf-8").count("```sql")
