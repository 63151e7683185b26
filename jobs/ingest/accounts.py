"""The account that is given of an ingest: what every record of a source became."""

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lake.publishing.stage_report import StageReport

_log = logging.getLogger(__name__)


def account_of(report: StageReport) -> str:
    """Return one source's report as a line: what its records became, so that everybody can add it up."""
    found = report.details
    images, objects = found["image_records"] - found["images"], found["object_records"] - found["annotations"]
    documents = sum(found["rejected"].values()) - images - objects
    parts = [
        f"{found['image_records']:,} image records = {found['images']:,} images + {images:,} rejected",
        f"{found['object_records']:,} object records = {found['annotations']:,} annotations + {objects:,} rejected",
        *([f"rejected documents: {documents:,}"] if documents else []),
        ", ".join(f"{count:,} {reason}" for reason, count in found["rejected"].items()) or "no rejects",
    ]
    return f"{found['source']}: {'; '.join(parts)}" + (" (already committed)" if report.skipped else "")


def log_account(report: StageReport) -> None:
    """Log what became of one source's records; that nothing was kept of it is a warning, with the reason and an example."""
    _log.info("%s", account_of(report))
    found = report.details
    if found["rejected"] and not found["annotations"]:
        reason, count = max(found["rejected"].items(), key=lambda pair: pair[1])
        told = found.get("examples", {}).get(reason, "see the table rejects")
        _log.warning("%s: no object was kept; most of its rejects (%s) are %s: %s", found["source"], f"{count:,}", reason, told)


def joined_report(reports: Sequence[StageReport]) -> StageReport:
    """Return the report of all sources, with that of each under its name in `details`."""
    details: dict[str, Any] = {}
    for report in reports:
        counts = {"rows_in": report.rows_in, "rows_out": report.rows_out, "skipped": report.skipped}
        details[report.details["source"]] = {**report.details, **counts}
    return StageReport(
        "ingest",
        ",".join(report.key for report in reports),
        all(report.skipped for report in reports),
        sum(report.rows_in for report in reports),
        sum(report.rows_out for report in reports),
        dict(sorted(sum((Counter(report.rejected) for report in reports), Counter[str]()).items())),
        reports[-1].snapshots,
        sum(report.seconds for report in reports if not report.skipped),
        {"sources": details},
    )
