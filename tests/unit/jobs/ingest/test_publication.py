"""Keys of one export are known whatever stood before; what a source's records became is told in a line whose sums add up."""

import pytest

from jobs.ingest.accounts import account_of, log_account
from jobs.ingest.standing_export import without_earlier
from lake.digests import stage_key
from lake.publishing.stage_report import StageReport


def test_a_source_s_account_adds_up() -> None:
    rejected = {"box-only": 2, "malformed-record": 1, "missing-image": 3}
    details = {"source": "acme", "image_records": 1_200, "images": 1_199, "object_records": 30, "annotations": 26, "rejected": rejected}
    report = StageReport("ingest", "k", False, 1_231, 1_225, rejected, details=details)
    assert account_of(report) == (
        "acme: 1,200 image records = 1,199 images + 1 rejected; 30 object records = 26 annotations + 4 rejected; "
        "rejected documents: 1; 2 box-only, 1 malformed-record, 3 missing-image"
    )


def test_an_export_of_which_nothing_was_kept_is_warned_of_with_an_example(caplog: pytest.LogCaptureFixture) -> None:
    counts = {"image_records": 2, "images": 0, "object_records": 3, "annotations": 0}
    examples = {"missing-image": "no file 'a.jpg' below /data/images"}
    details = {"source": "acme", **counts, "rejected": {"missing-image": 4, "box-only": 1}, "examples": examples}
    with caplog.at_level("WARNING"):
        log_account(StageReport("ingest", "k", False, 5, 0, {}, details=details))
        log_account(StageReport("ingest", "k", False, 5, 0, {}, details={**details, "annotations": 1}))
    assert caplog.messages == [
        "acme: no object was kept; most of its rejects (4) are missing-image: no file 'a.jpg' below /data/images",
    ]


def test_keys_of_one_export_are_told_from_those_of_another() -> None:
    one = stage_key("ingest", inputs={"documents": "a"}, spec={"source": "s"}, version=3)
    other = stage_key("ingest", inputs={"documents": "b"}, spec={"source": "s"}, version=3)
    later = stage_key("ingest", inputs={"documents": "a", "earlier": "content"}, spec={"source": "s"}, version=3)
    assert later != one
    assert without_earlier(later.preimage) == one.preimage
    assert without_earlier(later.preimage) != other.preimage
