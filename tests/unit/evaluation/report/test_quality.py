"""The report links to what Great Expectations found of the tables that stand, and to nothing else."""

import re
from pathlib import Path

from evaluation.report.pages.balance import balance_section
from evaluation.report.pages.expectations import expectations_section
from evaluation.report.quality import QualityPages, quality_pages
from lake.lake import connect_lake
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import write_shard
from tests.support.annotation_tables import invented_annotations, invented_images
from tests.support.pages import invented_balance


def test_the_standing_publications_are_found_with_their_pages(tmp_path: Path) -> None:
    lake = connect_lake(str(tmp_path))
    rows = invented_annotations(invented_images(4), 8)
    source = rows.column("source")[0].as_py()
    part = {"source": source}
    for key in ("a" * 64, "b" * 64):  # the second takes the place of the first
        pages = [f"reports/expectations/annotations/{key[:16]}-{number:03d}.html" for number in range(2)]
        rows_of_source = rows.filter([value == source for value in rows.column("source").to_pylist()])
        receipt = write_shard(lake.location("annotations", key, part), "shard-0", [rows_of_source])
        assert receipt is not None
        details = {"expectations": {"rows": receipt.rows, "expectations": 22, "pages": pages}, "notes": ["b & c are left out"]}
        outputs = [Output("annotations", part, [receipt])]
        publish_stage(lake, stage="ingest", key=key, rows_in=1, rows_out=1, rejected={}, outputs=outputs, details=details)
    assert quality_pages(lake) == [QualityPages("annotations", source, receipt.rows, 22, tuple(pages), ("b & c are left out",))]


def test_links_are_relative_to_the_report() -> None:
    pages = ("reports/expectations/crops/a-000.html", "reports/expectations/crops/a-001.html")
    document = expectations_section([QualityPages("crops", "", 5, 31, pages), QualityPages("instances", "", 5, 0, ())], "reports")
    assert re.findall(r'href="([^"]+)"', document) == ["expectations/crops/a-000.html", "expectations/crops/a-001.html"]
    assert "never checked" in document
    assert expectations_section([], "reports") == ""


def test_notes_stand_beside_the_balance() -> None:
    assert "Note: b &amp; c are left out." in balance_section(invented_balance(["x"]), ["b & c are left out"])
