"""Only what is new or changed of a source is read again; what is opened is counted by the interpreter itself.

Workers of Spark are other processes, whose files this one does not see opened: all is read in this one.
"""

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import zstandard
from PIL import Image

from jobs.ingest.cache import FEW_FILES
from jobs.workers import InProcess
from lake.configuration import Pipeline
from lake.errors import DamagedFileError
from lake.lake import Lake, open_lake
from tests.support.plain_ingest import NO_LIMITS, source_of
from tests.support.planned_lake import publish_rows
from tests.support.sample_exports import REAL, Sample, demo_samples
from tests.support.stages import ingest

_folders: list[str] = []  # whose files are watched; empty: nobody looks
_opened: list[str] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _folders and isinstance(arguments[0], str) and arguments[0].startswith(_folders[0]):
        _opened.append(os.path.relpath(arguments[0], _folders[0]))


sys.addaudithook(_audit)


@contextmanager
def opened_below(folder: Path) -> Iterator[list[str]]:
    """Yield the files below a folder that are opened, as often as they are."""
    time.sleep(0.12)  # a file that was changed just now is not trusted to stay
    _opened.clear()
    _folders.append(str(folder))
    try:
        yield _opened
    finally:
        _folders.clear()


def pipeline_of(folder: Path, **stanza: Any) -> Pipeline:
    places = {"taxonomy": folder / "t.yaml", "label_maps": folder / "maps", "gates": folder / "g.yaml"}
    settings = {"name": "again", "store": str(folder / "store"), "spark": {"master": "local[1]"}, "sources": [source_of("s", **stanza)]}
    return Pipeline.model_validate({**settings, **places, "limits": NO_LIMITS})


def contents(lake: Lake) -> list[tuple[str, ...]]:
    rows = [tuple(map(str, row.values())) for table in ("images", "annotations", "rejects") for row in lake.read(table).to_pylist()]
    return sorted(rows)


def change(document: Path) -> None:
    """Write a document again with something else in it: a label of a JSON or text, a corner of a map."""
    if document.suffix == ".png":
        values = np.asarray(Image.open(document)).copy()
        values[:40, :40] = 3
        Image.fromarray(values).save(document)
    elif document.suffix == ".json":
        document.write_text(re.sub(r'"(label|name)": "[^"]+"', r'"\1": "renamed"', document.read_text(), count=1))
    else:
        document.write_text(re.sub(r"^\d+", "0", document.read_text(), flags=re.MULTILINE))


CASES = {"labelme": "2011_000006.json", "camvid": "labels/0001TP_006750.png", "demo-yolo-seg": "labels/train/e000000.txt"}


@pytest.mark.parametrize(("name", "changed"), CASES.items())
def test_one_changed_file_of_a_folder_is_all_that_is_read_again(name: str, changed: str, data_folder: Path, tmp_path: Path) -> None:
    samples: dict[str, Sample] = {**REAL, **demo_samples(tmp_path / "world")}
    export = tmp_path / "export"
    samples[name].make(data_folder, export)
    pipeline = pipeline_of(tmp_path, **samples[name].paths(str(export)))
    with opened_below(export) as opened:
        ingest(pipeline, workers=InProcess())
    files = {str(path.relative_to(export)) for path in export.rglob("*") if path.is_file()}
    shared = {path for path in files if path.endswith(("classes.json", "data.yaml"))}  # read by the driver, whole
    assert set(opened) == files
    with opened_below(export) as opened:
        assert ingest(pipeline, workers=InProcess()).skipped
    assert set(opened) == {path for path in files if path.endswith("classes.json")}  # where no file has changed, none is read but this
    change(export / changed)
    with opened_below(export) as opened:
        report = ingest(pipeline, workers=InProcess())
    assert not report.skipped
    assert set(opened) == {*shared, changed}
    fresh = pipeline_of(tmp_path / "fresh", **samples[name].paths(str(export)))
    ingest(fresh, workers=InProcess())
    assert contents(open_lake(pipeline)) == contents(open_lake(fresh))


@pytest.mark.parametrize("complete", [True, False])
def test_rows_of_a_damaged_file_are_never_taken_over(data_folder: Path, tmp_path: Path, complete: bool) -> None:
    export = tmp_path / "export"
    REAL["labelme"].make(data_folder, export)
    pipeline = pipeline_of(tmp_path, **REAL["labelme"].paths(str(export)), complete=complete)
    with opened_below(export):
        ingest(pipeline, workers=InProcess())
    (file,) = open_lake(pipeline).files("annotations")
    on_disk = tmp_path / "store" / file.path
    damaged = bytearray(on_disk.read_bytes())
    damaged[len(damaged) // 3] ^= 32
    on_disk.write_bytes(damaged)
    change(export / CASES["labelme"])
    with opened_below(export), pytest.raises(DamagedFileError, match=re.escape(file.path)):
        ingest(pipeline, workers=InProcess())
    if complete:  # an export that holds everything can be ingested over what is damaged
        with opened_below(export):
            ingest(pipeline, workers=InProcess(), redo=True)
        fresh = pipeline_of(tmp_path / "fresh", **REAL["labelme"].paths(str(export)))
        ingest(fresh, workers=InProcess())
        assert contents(open_lake(pipeline)) == contents(open_lake(fresh))


def test_a_redo_carries_the_rows_of_earlier_exports_again(data_folder: Path, tmp_path: Path) -> None:
    export = tmp_path / "export"
    REAL["labelme"].make(data_folder, export)
    pipeline = pipeline_of(tmp_path, **REAL["labelme"].paths(str(export)))
    ingest(pipeline, workers=InProcess())
    (export / "2011_000003.json").unlink()
    change(export / CASES["labelme"])
    carried = ingest(pipeline, workers=InProcess()).details["sources"]["s"]["carried"]
    assert carried["annotations"] and carried["images"]
    lake = open_lake(pipeline)
    expected, content = contents(lake), lake.snapshot("annotations").content
    for _ in range(2):
        for file in lake.files("annotations"):
            on_disk = tmp_path / "store" / file.path
            on_disk.write_bytes(on_disk.read_bytes()[:-9])
        with pytest.raises(DamagedFileError, match="`centrepiece ingest PIPELINE --source s --redo`"):
            lake.read("annotations")
        assert len(ingest(pipeline, workers=InProcess(), redo=True).details["sources"]["s"]["mended"]) == len(lake.files("annotations"))
        assert (contents(lake), lake.snapshot("annotations").content) == (expected, content)
        assert ingest(pipeline, workers=InProcess()).skipped


def test_many_files_are_looked_up_in_a_list(data_folder: Path, tmp_path: Path) -> None:
    export = tmp_path / "export"
    REAL["labelme"].make(data_folder, export)
    document = json.loads((export / "2011_000006.json").read_text())
    for number in range(FEW_FILES):  # beside each lies no image: a look-up that finds nothing is one, too
        (export / f"{number}.json").write_text(json.dumps({**document, "imagePath": f"{number}.jpg"}))
    pipeline = pipeline_of(tmp_path, **REAL["labelme"].paths(str(export)))
    with opened_below(export):
        ingest(pipeline, workers=InProcess())
    with opened_below(export) as opened:
        assert ingest(pipeline, workers=InProcess()).skipped
    assert opened == []
    os.utime(export / "2011_000006.jpg")
    with opened_below(export) as opened:
        assert ingest(pipeline, workers=InProcess()).skipped
    assert set(opened) == {"2011_000006.jpg", "2011_000006.json"}
    (export / "7.jpg").write_bytes((export / "2011_000006.jpg").read_bytes())
    with opened_below(export) as opened:
        assert not ingest(pipeline, workers=InProcess()).skipped
    assert set(opened) == {"7.jpg", "7.json"}


def test_a_new_document_over_the_same_images_opens_none_of_them(data_folder: Path, tmp_path: Path) -> None:
    export = tmp_path / "export"
    REAL["coco-mini"].make(data_folder, export)
    pipeline = pipeline_of(tmp_path, **REAL["coco-mini"].paths(str(export)))
    with opened_below(export):
        ingest(pipeline, workers=InProcess())
    document = export / "annotations/export.json"
    records = json.loads(document.read_text())
    records["annotations"][0]["category_id"] = records["categories"][-1]["id"]
    document.write_text(json.dumps(records))
    image = next((export / "images").iterdir())
    image.write_bytes(image.read_bytes() + b"\0")
    with opened_below(export) as opened:
        assert not ingest(pipeline, workers=InProcess()).skipped
    assert set(opened) == {"annotations/export.json", f"images/{image.name}"}
    fresh = pipeline_of(tmp_path / "fresh", **REAL["coco-mini"].paths(str(export)))
    ingest(fresh, workers=InProcess())
    assert contents(open_lake(pipeline)) == contents(open_lake(fresh))


def test_a_file_that_only_got_a_new_date_is_read_once_more_and_then_known(data_folder: Path, tmp_path: Path) -> None:
    export = tmp_path / "export"
    REAL["labelme"].make(data_folder, export)
    pipeline = pipeline_of(tmp_path, **REAL["labelme"].paths(str(export)))
    with opened_below(export):
        ingest(pipeline, workers=InProcess())
    with opened_below(export):
        assert ingest(pipeline, workers=InProcess()).skipped
    os.utime(export / "2011_000006.jpg")
    with opened_below(export) as opened:
        assert ingest(pipeline, workers=InProcess()).skipped
    assert set(opened) == {"2011_000006.jpg", "2011_000006.json"}
    with opened_below(export) as opened:
        assert ingest(pipeline, workers=InProcess()).skipped
    assert opened == []
    shutil.move(export / "2011_000003.jpg", tmp_path)
    with opened_below(export) as opened:
        assert ingest(pipeline, workers=InProcess()).rejected["missing-image"] > 1
    assert set(opened) == {"2011_000003.json"}
    shutil.move(tmp_path / "2011_000003.jpg", export)
    with opened_below(export) as opened:
        assert ingest(pipeline, workers=InProcess()).rejected == {}
    assert set(opened) == {"2011_000003.json", "2011_000003.jpg"}


def test_rows_that_the_tables_do_not_hold_any_more_are_read_again(data_folder: Path, tmp_path: Path) -> None:
    export = tmp_path / "export"
    REAL["labelme"].make(data_folder, export)
    pipeline = pipeline_of(tmp_path, **REAL["labelme"].paths(str(export)))
    with opened_below(export):
        ingest(pipeline, workers=InProcess())
    lake = open_lake(pipeline)
    (written,) = lake.files("annotations")
    publish_rows(lake, {"annotations": lake.read("annotations").slice(1)}, part={"source": "s"}, key="other")
    (tmp_path / "store" / written.path).unlink()  # as `gc` does when the snapshot has expired
    with opened_below(export) as opened:
        report = ingest(pipeline, workers=InProcess())
    assert not report.skipped
    assert set(opened) == {path.name for path in export.glob("*.json")}
    fresh = pipeline_of(tmp_path / "fresh", **REAL["labelme"].paths(str(export)))
    ingest(fresh, workers=InProcess())
    assert contents(open_lake(pipeline)) == contents(open_lake(fresh))


def stored_text(store: Path) -> bytes:
    """Return everything in a store as bytes, packed files unpacked."""
    found = []
    for path in sorted(path for path in store.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if path.suffix == ".zst":
            data = zstandard.decompress(data)
        elif path.suffix == ".parquet":
            data = str(pq.read_table(path).to_pylist()).encode()
        found.append(str(path.relative_to(store)).encode() + data)
    return b"".join(found)


def test_nothing_in_the_store_keeps_an_address_or_a_signature(data_folder: Path, tmp_path: Path) -> None:
    export = tmp_path / "export"
    REAL["label-studio"].make(data_folder, export)
    document = export / "data.json"
    (task, *_) = json.loads(document.read_text())
    who = {**task["annotations"][0], "completed_by": {"email": "eve@corp.example"}}
    images = ("https://h/test_image1.jpg?X-Amz-Signature=hunter2", "b.png?token=hunter2", "eve@corp.example.png")
    tasks = [{**task, "id": number, "data": {"image": image}, "annotations": [who]} for number, image in enumerate(images)]
    document.write_text(json.dumps(tasks))
    pipeline = pipeline_of(tmp_path, **REAL["label-studio"].paths(str(export)))
    report = ingest(pipeline, workers=InProcess())
    assert report.details["sources"]["s"]["images"] == 1
    kept = stored_text(tmp_path / "store")
    assert b"test_image1.jpg" in kept
    assert b"hunter2" not in kept
    assert b"corp.example" not in kept
    assert ingest(pipeline, workers=InProcess()).skipped
