"""Whether an export has been published: under the key of its content, whatever stood before it."""

from collections.abc import Mapping, Sequence
from typing import Any

from lake.configuration import Source
from lake.digests import StageKey, stage_key
from lake.lake import Lake
from lake.publishing.publish import skipped_report
from lake.publishing.records import Target, records_of
from lake.publishing.stage_report import StageReport

EARLIER = "earlier"
"""Name, among the inputs of a stage key, of the annotations that stood before."""


def source_files(lake: Lake, table: str, source: Source) -> list[str]:
    """Return the files of a table that hold a source now, relative to the store's root."""
    return [file.path for file in lake.files(table, part={"source": source.name})] if lake.has(table) else []


def key_inputs(inputs: Mapping[str, str], source: Source, lake: Lake) -> dict[str, str]:
    """Return the digests of what an export's rows are computed from: its files, and what stood before where it is incomplete.

    Args:
        inputs: Of its files; see `jobs.ingest.publication.read_inputs`.
        source: The stanza.
        lake: Where rows of the source may stand.
    """
    if source.complete or not source_files(lake, "annotations", source):
        return dict(inputs)
    return {**inputs, EARLIER: lake.snapshot("annotations", part={"source": source.name}).content}


def published_report(lake: Lake, source: Source, key: StageKey, targets: Sequence[Target]) -> StageReport | None:
    """Return the report of the same export, marked as skipped, if that is what the source's tables hold now.

    It may have been published when nothing stood before, or while something else did: then under another key than this.
    """
    wanted = without_earlier(key.preimage)
    keys: list[str] = [stage_key(wanted["stage"], inputs=wanted["inputs"], spec=wanted["spec"], version=wanted["version"])]
    for prefix in sorted({path.split("/")[2] for path in source_files(lake, "annotations", source)}):
        keys += [record.report.key for record in records_of(lake.store, prefix) if without_earlier(record.preimage) == wanted]
    reports = (skipped_report(lake, stage="ingest", key=published, targets=targets) for published in keys)
    return next((report for report in reports if report is not None), None)


def without_earlier(preimage: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a stage key is a digest of, less what stood before: equal for the same export and stanza."""
    inputs = {name: value for name, value in preimage.get("inputs", {}).items() if name != EARLIER}
    return {**preimage, "inputs": inputs}
