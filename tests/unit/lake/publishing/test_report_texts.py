"""What people read of a stage."""

from io import StringIO

from rich.console import Console

from lake.publishing.report_texts import as_markdown, as_table
from lake.publishing.stage_report import StageReport

REPORT = StageReport(
    stage="crop",
    key="ab" * 32,
    skipped=False,
    rows_in=12_345,
    rows_out=12_340,
    rejected={"changed-source": 5},
    snapshots={"crops": 42},
    seconds=3.21,
    details={"path": "somewhere", "long": ["left", "out"]},
)


def test_a_page_holds_counts_rejects_and_snapshots() -> None:
    page = as_markdown(REPORT)
    for part in ("# crop", "12,345", "12,340", "rejected: changed-source | 5", "`crops`: 42", "took 3.2 s", "path: `somewhere`"):
        assert part in page
    assert "left" not in page


def test_a_skipped_stage_says_that_nothing_was_written() -> None:
    skipped = StageReport(stage="crop", key="k", skipped=True, rows_in=1, rows_out=1)
    assert "nothing was written" in as_markdown(skipped)
    console = Console(file=StringIO(), width=200)
    console.print(as_table([REPORT, skipped]))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "already committed" in said
    assert "5 changed-source" in said


def test_each_source_of_a_stage_has_its_own_sums() -> None:
    sources = {"a": {"rows_in": 1234, "rows_out": 1200, "rejected": {"box-only": 34}, "skipped": False}}
    report = StageReport("ingest", "k", False, 1234, 1200, {"box-only": 34}, details={"sources": sources})
    assert "| a | 1,234 | 1,200 | 34 box-only |" in as_markdown(report)
    console = Console(record=True, width=200)
    console.print(as_table([report]))
    assert [line.split()[1:6] for line in console.export_text().splitlines() if "│   a" in line] == [["a", "│", "1,234", "│", "1,200"]]
