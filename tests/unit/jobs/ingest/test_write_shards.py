"""Rows of a unit are taken over only where they are what would be written now."""

from pathlib import Path

import pytest

from imaging.images import ImageHeader
from jobs.ingest.cache import IngestCache
from jobs.ingest.cached_units import StoredRows, UnitReading
from jobs.ingest.export_plan import ExportPlan
from jobs.ingest.image_files import ImageFile, SoundImage
from jobs.ingest.image_table import reject_repeated_refs
from jobs.ingest.read_export import ReadExport
from jobs.ingest.write_shards import reusable_rows
from jobs.sources.files.exports import Export
from jobs.sources.files.folders import Folder
from jobs.sources.records import ListedImage, Unit
from lake.storage.store import Store
from tests.support.plain_ingest import source_of

IMAGE = SoundImage(ListedImage("1", "a", "a.png"), ImageFile("ab", ImageHeader("png", "RGB", 8, 6, 1)), "/x/a.png")


def read_units(folder: Path, *readings: UnitReading) -> ReadExport:
    source, export = source_of("s", format="coco", annotations="x"), Export(Folder(str(folder)), None, Folder(str(folder)))
    units = [Unit(str(index), None) for index in range(len(readings))]
    plan = ExportPlan(source, export, units, [range(len(units))], [])
    cache = IngestCache.load(Store(str(folder)), source, export, hashed=False)
    return ReadExport(plan, cache, {}, readings, reject_repeated_refs([reading.images for reading in readings]), 0)


@pytest.mark.parametrize(("file", "reused"), [("held.parquet", True), (None, True), ("replaced.parquet", False)])
def test_rows_are_taken_over_from_files_that_the_tables_hold_now(file: str | None, reused: bool, tmp_path: Path) -> None:
    stored = StoredRows(file, 0, ())
    read = read_units(tmp_path, UnitReading((), (IMAGE,), (), stored), UnitReading((), (), ()))
    assert reusable_rows(read, ["held.parquet"]) == [stored if reused else None, None]


def test_a_unit_whose_image_has_the_id_of_an_earlier_one_is_read_again(tmp_path: Path) -> None:
    stored = StoredRows("held.parquet", 0, ())
    reading = UnitReading((), (IMAGE,), (), stored)
    assert reusable_rows(read_units(tmp_path, reading, reading), ["held.parquet"]) == [stored, None]
