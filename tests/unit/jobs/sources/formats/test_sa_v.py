"""Masklets of SA-V lie on the frames that they were drawn on, however these were extracted."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imaging.masks.masks import encode
from jobs.sources.detect import detect
from jobs.sources.formats.sa_v import frame_names, is_hidden
from lake.configuration import Source
from tests.support.plain_ingest import Ingested, plain_ingest, source_of

HEIGHT, WIDTH = 12, 16


def mask(columns: int) -> dict[str, Any]:
    pixels = np.zeros((HEIGHT, WIDTH), bool)
    pixels[:, :columns] = True
    return {"size": [HEIGHT, WIDTH], "counts": encode(pixels)}


def frames(folder: Path, numbers: range, *, digits: int = 5) -> None:
    folder.mkdir(parents=True)
    for number in numbers:
        shade = np.full((HEIGHT, WIDTH, 3), number, np.uint8)
        shade[0, 0] = len(folder.name)
        Image.fromarray(shade).save(folder / f"{number:0{digits}d}.png")


def document(folder: Path, video: str, masklet: Any, **changes: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {"video_frame_count": 9.0, "video_height": float(HEIGHT), "video_width": float(WIDTH)}
    found = {"video_id": video, **sizes, "masklet": masklet, "masklet_id": [5, 7], **changes}
    (folder / f"{video}_manual.json").write_text(json.dumps(found))


def read(tmp_path: Path, **places: str) -> Ingested:
    return plain_ingest(tmp_path / "store", source_of("s", format="sa-v", **{key: str(tmp_path / place) for key, place in places.items()}))


def seen(found: Ingested) -> list[tuple[str, int, str]]:
    """Return reference, area and frame of each object."""
    uris = {row["image_id"]: "/".join(Path(row["uri"]).parts[-2:]) for row in found.images}
    return sorted((row["source_ref"], row["area"], uris[row["image_id"]]) for row in found.annotations)


MASKLET = [[mask(1), mask(0)], [mask(2), None], [mask(3), mask(4)]]
SEEN = [
    ("v_manual.json#0/5", HEIGHT),
    ("v_manual.json#1/5", 2 * HEIGHT),
    ("v_manual.json#2/5", 3 * HEIGHT),
    ("v_manual.json#2/7", 4 * HEIGHT),
]


@pytest.mark.parametrize(
    ("numbers", "names"),
    [
        (range(9), ("00000", "00004", "00008", "00008")),
        (range(1, 10), ("00001", "00005", "00009", "00009")),
        (range(3), ("00000", "00001", "00002", "00002")),
        (range(0, 12, 4), ("00000", "00004", "00008", "00008")),
    ],
)
@pytest.mark.parametrize("above", ["frames", "frames/JPEGImages_24fps"])
def test_each_fourth_frame_is_annotated(tmp_path: Path, numbers: range, names: tuple[str, ...], above: str) -> None:
    document(tmp_path / "notes", "v", MASKLET)
    frames(tmp_path / above / "v", numbers)
    found = read(tmp_path, annotations="notes", images="frames")
    assert seen(found) == [(*one, f"v/{name}.png") for one, name in zip(SEEN, names, strict=True)]
    assert (len(found.images), found.rejects) == (3, [])


def test_two_documents_of_a_video_share_its_frames(tmp_path: Path) -> None:
    document(tmp_path / "set", "v", MASKLET)
    (tmp_path / "set/v_auto.json").write_text((tmp_path / "set/v_manual.json").read_text().replace('"counts": ', '"x": 1, "counts": '))
    frames(tmp_path / "set/v", range(9))
    found = read(tmp_path, annotations="set")
    assert (len(found.images), len(found.annotations), found.reasons()) == (3, 4, {"duplicate-record": 4})


def test_what_gives_no_object_has_its_reason(tmp_path: Path) -> None:
    whole = {"size": [HEIGHT, WIDTH], "counts": [HEIGHT * WIDTH - 1]}
    document(tmp_path / "set", "v", [[whole, 5], "frame", [{"counts": "0"}]])
    document(tmp_path / "set", "gone", [[mask(1)]])
    document(tmp_path / "set", "wide", [[mask(1)]], video_width=99)
    document(tmp_path / "set", "odd", 5)
    document(tmp_path / "set", "climbs", [[mask(1)]], video_id="../v")
    frames(tmp_path / "set/v", range(9))
    frames(tmp_path / "set/wide", range(9))
    found = read(tmp_path, annotations="set")
    assert found.annotations == []
    assert found.reasons() == {
        "hostile-path": 2,
        "malformed-geometry": 2,
        "malformed-record": 3,
        "missing-image": 2,
        "size-mismatch": 2,
    }
    told = {row["detail"] for row in found.rejects if row["reason"] == "missing-image"}
    assert any("no folder gone with the frames of the video" in detail and "ffmpeg -i gone.mp4" in detail for detail in told)


def test_a_frame_that_was_not_extracted_moves_no_other(tmp_path: Path) -> None:
    document(tmp_path / "set", "v", MASKLET)
    frames(tmp_path / "set/v", range(9))
    for number in (0, 4):
        (tmp_path / f"set/v/{number:05d}.png").unlink()
    found = read(tmp_path, annotations="set")
    assert [(ref, name) for ref, _, name in seen(found)] == [("v_manual.json#2/5", "v/00008.png"), ("v_manual.json#2/7", "v/00008.png")]
    assert found.reasons() == {"missing-image": 4}


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_a_mask_without_a_pixel_is_hidden_and_no_other(height: int, width: int, data: st.DataObject) -> None:
    pixels = np.zeros((height, width), bool)
    size = [height, width]
    assert is_hidden({"size": size, "counts": encode(pixels)})
    assert is_hidden({"size": size, "counts": [height * width]})
    pixels[data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))] = True
    assert not is_hidden({"size": size, "counts": encode(pixels)})
    assert not is_hidden({"size": [height + 1, width], "counts": encode(np.zeros((height, width), bool))})


@pytest.mark.parametrize("value", [5, "0", [], {}, {"size": [2, 2]}, {"size": [2, 2], "counts": ""}, {"size": [2, 2], "counts": "é"}])
def test_what_is_no_mask_is_not_hidden(value: Any) -> None:
    assert not is_hidden(value)


def test_frames_from_one_are_known_by_the_last_number() -> None:
    numbered = {number: f"{number:03d}.jpg" for number in range(1, 9)}
    assert frame_names(numbered, 2, 8) == ["001.jpg", "005.jpg"]
    assert frame_names(numbered, 2, 9) == ["000.jpg", "004.jpg"]
    assert frame_names(numbered, 2, None) == ["001.jpg", "005.jpg"]


@pytest.mark.parametrize("place", ["sav", "sav/notes", "sav/notes/v_manual.json"])
def test_detection_finds_the_frames_and_keeps_a_video_in_one_split(tmp_path: Path, place: str) -> None:
    document(tmp_path / "sav/notes", "v", MASKLET)
    frames(tmp_path / "sav/pictures/v", range(9))
    (found,) = detect(tmp_path / place)
    ingested = plain_ingest(tmp_path / "store", Source.model_validate(found.stanza))
    assert (found.format, len(ingested.annotations), ingested.rejects) == ("sa-v", 4, [])
    assert len({row["split"] for row in ingested.images}) == 1
