"""What is kept of an ingest: files that were looked up, and when a unit is fresh."""

import pickle
import time
from pathlib import Path

import pytest

from demo.exports.formats import FORMATS
from jobs.ingest.cache import IngestCache, file_stats, is_fresh, known_images, unit_key
from jobs.ingest.cached_units import CacheFile, FileStat, StoredRows, UnitReading, load_cache_file, save_cache_file
from jobs.ingest.export_plan import plan_export
from jobs.ingest.image_files import SoundImage
from jobs.ingest.image_table import by_name, image_sizes
from jobs.ingest.read_export import ReadImages
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import Folder
from jobs.sources.records import Rejected
from jobs.sources.registry import reader_of
from lake.reasons import Reason
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
    store, reader = Store(str(tmp_path)), reader_of(source.format)
    plan = plan_export(source, store)
    assert len({unit_key(unit) for unit in plan.units}) == len(plan.units)
    for unit, reading in zip(plan.units, ReadImages(plan.export, source, store)(plan.units), strict=True):
        watched, annotations, images = plan.export.watched()
        list(reader.objects(watched, unit, image_sizes(by_name(reading.images), source.exif)))
        later = {(file.of_images, file.path) for file in file_stats(annotations, images, NOW)}
        assert later <= {(file.of_images, file.path) for file in reading.files}


def test_a_unit_is_fresh_while_its_files_are_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    export = Export(Folder(str(tmp_path)), None, Folder(str(tmp_path)))
    watched, annotations, images = export.watched()
    assert watched.annotations.entry("a.json") is not None
    assert watched.images.entry("a.png") is None
    reading = UnitReading(file_stats(annotations, images, NOW), (), ())
    assert reading.files[1] == FileStat(True, "a.png")
    assert is_fresh(reading, export)
    (tmp_path / "a.png").write_bytes(b"")
    assert not is_fresh(reading, export)
    (tmp_path / "a.png").unlink()
    assert is_fresh(reading, export)
    (tmp_path / "a.json").write_text("[]")
    assert not is_fresh(reading, export)


def test_a_file_changed_just_before_it_was_read_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    export = Export(Folder(str(tmp_path)), None, Folder(str(tmp_path)))
    watched, annotations, images = export.watched()
    watched.annotations.entry("a.json")
    assert not is_fresh(UnitReading(file_stats(annotations, images, 0), (), ()), export)


def test_images_are_known_by_their_bytes_while_they_are_judged_alike(samples: dict[str, Sample], tmp_path: Path) -> None:
    samples["demo-labelme"].make(tmp_path, tmp_path / "export")
    source = source_of("s", **samples["demo-labelme"].paths(str(tmp_path / "export")))
    store = Store(str(tmp_path))
    plan = plan_export(source, store)
    readings = ReadImages(plan.export, source, store)(plan.units)
    IngestCache.load(store, source, plan.export, hashed=False).save(plan.units, readings, [None] * len(readings), {})
    cache = IngestCache.load(store, source.model_copy(update={"domain": "other"}), plan.export, hashed=False)
    assert cache.known is not None and not cache.units
    ids = {outcome.file.image_id for reading in readings for outcome in reading.images if isinstance(outcome, SoundImage)}
    assert known_images(store, "s", cache.known).by_id.keys() == ids
    keeping = source.model_copy(update={"corrupt_images": "keep"})
    assert IngestCache.load(store, keeping, plan.export, hashed=False).known is None


def test_what_is_kept_comes_back_and_what_is_damaged_is_nothing(samples: dict[str, Sample], tmp_path: Path) -> None:
    samples["demo-labelme"].make(tmp_path, tmp_path / "export")
    source = source_of("s", **samples["demo-labelme"].paths(str(tmp_path / "export")))
    store = Store(str(tmp_path))
    plan = plan_export(source, store)
    (reading, *_) = ReadImages(plan.export, source, store)(plan.units)
    gone = Rejected("a#image", Reason.MISSING_IMAGE, "no file", image="a")
    written = reading._replace(images=(gone, *reading.images, gone), rows=StoredRows("f.parquet", 3, (gone,)))
    kept = CacheFile("digest", "images", {"unit": written, "other": reading._replace(images=())}, {"f.parquet": [0, 3]})
    assert pickle.loads(pickle.dumps(written)) == written
    save_cache_file(store, "s", kept)
    assert load_cache_file(store, "s") == kept
    path = tmp_path / "exports/cache/s.json.zst"
    path.write_bytes(path.read_bytes()[:-9])
    assert load_cache_file(store, "s") == CacheFile("")
    assert load_cache_file(store, "none") == CacheFile("")
