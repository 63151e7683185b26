"""Labels counted in an export are those that ingest writes, whatever its format."""

from pathlib import Path

import pytest

from demo.exports.formats import FORMATS
from jobs.label.export_labels import export_label_counts
from lake.storage.store import Store
from tests.support.plain_ingest import plain_ingest, source_of
from tests.support.sample_exports import Sample, demo_samples


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return demo_samples(tmp_path_factory.mktemp("demo") / "world")


@pytest.mark.parametrize("name", FORMATS)
def test_labels_are_counted_as_ingest_finds_them(name: str, samples: dict[str, Sample], tmp_path: Path) -> None:
    sample = samples[f"demo-{name}"]
    sample.make(tmp_path, tmp_path / "export")
    source = source_of("s", **sample.paths(str(tmp_path / "export")))
    wanted: dict[str, int] = {}
    for row in plain_ingest(tmp_path / "store", source).annotations:
        if not row["is_crowd"] and not row["is_void"]:
            wanted[row["label"]] = wanted.get(row["label"], 0) + 1
    assert wanted
    assert {one.label: one.count for one in export_label_counts(source, Store(str(tmp_path / "store")))} == wanted
