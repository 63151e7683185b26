"""What is kept of an ingest: files that were looked up, and when a unit stands as it was read."""

import time
from pathlib import Path

import pytest

from demo.exports.formats import FORMATS
from jobs.ingest.cache import Reading, Readings, Seen, load_readings, seen_files, stands, unit_key, write_readings
from jobs.ingest.images import by_name, sizes_of
from jobs.ingest.shards import CheckImages
from jobs.sources.files.exports import Export, open_export
from jobs.sources.files.folders import Folder
from jobs.sources.records import Unit
from jobs.sources.registry import reader_of
from lake.storage.store import Store
from tests.support.plain_ingest import source_of
from tests.support.sample_exports import REAL, Sample, demo_samples

NOW = time.time_ns() + 10**15


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return {**REAL, **demo_samples(tmp_path_factory.mktemp("demo") / "world")}


@pytest.mark.parametrize("name", [*REAL, *(f"demo-{name}" for name in FORMATS)])
def test_objects_come_from_no_file_that_was_not_looked_up_before(
    name: str, samples: dict[str, Sample], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    samples[name].make(request.getfixturevalue("data_folder") if name in REAL else tmp_path, tmp_path / "export")
    source = source_of("s", **samples[name].paths(str(tmp_path / "export")))
    export = open_export(source.annotations, source.images, source.classes, scene=source.scene, store=Store(str(tmp_path)))
    reader = reader_of(source.format)
    units = [unit for unit in reader.units(export) if isinstance(unit, Unit)]
    assert len({unit_key(unit) for unit in units}) == len(units)
    for unit, reading in zip(units, CheckImages(export, source, Store(str(tmp_path)))(units), strict=True):
        watched, annotations, images = export.watched()
        list(reader.objects(watched, unit, sizes_of(by_name(reading.images), source.exif)))
        later = {(seen.of_images, seen.path) for seen in seen_files(annotations, images, NOW)}
        assert later <= {(seen.of_images, seen.path) for seen in reading.seen}


def test_a_unit_stands_while_its_files_are_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    export = Export(Folder(str(tmp_path)), None, Folder(str(tmp_path)))
    watched, annotations, images = export.watched()
    assert watched.annotations.entry("a.json") is not None
    assert watched.images.entry("a.png") is None
    reading = Reading(seen_files(annotations, images, NOW), (), ())
    assert reading.seen[1] == Seen(True, "a.png")
    assert stands(reading, export)
    (tmp_path / "a.png").write_bytes(b"")
    assert not stands(reading, export)
    (tmp_path / "a.png").unlink()
    assert stands(reading, export)
    (tmp_path / "a.json").write_text("[]")
    assert not stands(reading, export)


def test_a_file_changed_just_before_it_was_read_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    export = Export(Folder(str(tmp_path)), None, Folder(str(tmp_path)))
    watched, annotations, images = export.watched()
    watched.annotations.entry("a.json")
    assert not stands(Reading(seen_files(annotations, images, 0), (), ()), export)


def test_what_is_kept_comes_back_and_what_is_damaged_is_nothing(samples: dict[str, Sample], tmp_path: Path) -> None:
    samples["demo-labelme"].make(tmp_path, tmp_path / "export")
    source = source_of("s", **samples["demo-labelme"].paths(str(tmp_path / "export")))
    export = open_export(source.annotations)
    units = [unit for unit in reader_of("labelme").units(export) if isinstance(unit, Unit)]
    (reading, *_) = CheckImages(export, source, Store(str(tmp_path)))(units)
    kept = Readings("digest", "images", {"unit": reading, "other": reading._replace(images=())}, {"file": [0, 1]})
    write_readings(Store(str(tmp_path)), "s", kept)
    assert load_readings(Store(str(tmp_path)), "s") == kept
    path = tmp_path / "exports/readings/s.json.zst"
    path.write_bytes(path.read_bytes()[:-9])
    assert load_readings(Store(str(tmp_path)), "s") == Readings("")
    assert load_readings(Store(str(tmp_path)), "none") == Readings("")
