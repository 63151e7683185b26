"""Exports that no tool should write and some do: each is refused or rejected with its own reason, and costs nothing."""

import json
import os
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lake.errors import InputError
from tests.support.plain_ingest import Ingested, plain_ingest, source_of

SQUARE = [2, 2, 12, 2, 12, 12, 2, 12]
WIDTH, HEIGHT = 40, 20


def write_image(path: Path, mode: str = "RGB", **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint32).reshape(HEIGHT, WIDTH, 3) % 251
    Image.fromarray(pixels.astype(np.uint8)).convert(mode).save(path, **options)


def frames(path: Path) -> None:
    shades = [Image.fromarray(np.full((HEIGHT, WIDTH, 3), shade, np.uint8)) for shade in (0, 90, 200)]
    shades[0].save(path, save_all=True, append_images=shades[1:])


def turned(path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    write_image(path, exif=exif)


def document(name: Any = "a.png", record: Mapping[str, Any] | None = None, image: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "images": [{"id": 1, "file_name": name, "width": WIDTH, "height": HEIGHT, **(image or {})}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [SQUARE], **(record or {})}],
        "categories": [{"id": 1, "name": "dog"}],
    }


def read(folder: Path, content: Any, make: Callable[[Path], None] | None = None, **stanza: Any) -> Ingested:
    export = folder / "export"
    export.mkdir(parents=True)
    (make or (lambda folder: write_image(folder / "a.png")))(export)
    (export / "x.json").write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return plain_ingest(folder / "store", source_of("s", format="coco", annotations=str(export / "x.json"), **stanza))


GEOMETRIES: dict[str, tuple[Any, str]] = {
    "not a number": ([[float("nan")] * 8], "malformed-record"),  # which no JSON parser but Python's takes for JSON
    "endless": ([[1e300, 0, 0, 1e300, 5, 5]], "malformed-geometry"),
    "two points": ([[1, 1, 5, 5]], "malformed-geometry"),
    "an odd number": ([[1, 1, 5, 5, 6, 6, 7]], "malformed-geometry"),
    "outside": ([[-5, -5, -2, -5, -2, -2]], "out-of-bounds"),
    "no area": ([[1, 1, 9, 9, 1, 1]], "zero-area"),
    "text": ("abc", "malformed-geometry"),
    "runs of another size": ({"size": [40, 20], "counts": [10, 20, 770]}, "size-mismatch"),
    "runs of an endless image": ({"size": [2**31 - 1, 2**31 - 1], "counts": [1]}, "size-mismatch"),
    "runs too few": ({"size": [20, 40], "counts": [10, 20]}, "malformed-geometry"),
    "runs below zero": ({"size": [20, 40], "counts": [-1, 801]}, "malformed-geometry"),
    "runs of garbage": ({"size": [20, 40], "counts": "~~~~"}, "malformed-geometry"),
}


@pytest.mark.parametrize("name", GEOMETRIES)
def test_a_geometry_that_gives_no_mask_has_its_reason(name: str, tmp_path: Path) -> None:
    shape, reason = GEOMETRIES[name]
    found = read(tmp_path, document(record={"segmentation": shape}))
    assert (len(found.images), found.reasons()) == (1, {reason: 1})


def test_a_polygon_around_the_whole_world_is_cut_at_the_frame(tmp_path: Path) -> None:
    far = 1e6
    found = read(tmp_path, document(record={"segmentation": [[-far, -far, far, -far, far, far, -far, far]]}))
    assert [row["area"] for row in found.annotations] == [WIDTH * HEIGHT]


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "UTF-16": lambda plain: plain.decode().encode("utf-16"),
    "Latin-1": lambda plain: plain.replace(b"dog", b"h\xfcnd"),
    "a key twice": lambda plain: plain.replace(b'"categories"', b'"images": [], "categories"'),
    "a hundred thousand brackets": lambda plain: plain.replace(
        b'"categories"', b'"info": ' + b"[" * 100_000 + b"]" * 100_000 + b', "categories"'
    ),
    "a deep record": lambda plain: plain.replace(b'"segmentation": ', b'"segmentation": ' + b"[" * 70 + b"]" * 70 + b', "x": '),
    "nothing": lambda plain: b"",
    "another document": lambda plain: b"{}",
    "zeros": lambda plain: bytes(100),
    "something behind it": lambda plain: plain + b"x",
    "a comment": lambda plain: b"// hello\n" + plain,
    "half of it": lambda plain: plain[: len(plain) // 2],
}


@pytest.mark.parametrize("name", BYTES)
def test_a_document_that_is_no_json_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.json"):
        read(tmp_path, BYTES[name](json.dumps(document()).encode()))


@pytest.mark.parametrize(
    "change", [lambda plain: b"\xef\xbb\xbf" + plain, lambda plain: plain.replace(b", ", b",\r\n")], ids=["BOM", "CRLF"]
)
def test_a_byte_order_mark_and_line_ends_of_windows_do_no_harm(change: Callable[[bytes], bytes], tmp_path: Path) -> None:
    assert len(read(tmp_path, change(json.dumps(document()).encode())).annotations) == 1


NAMES = ["../a.png", "/etc/passwd", "..\\a.png", "C:\\a.png", "a.png\0", "", None, 5, "a" * 5000, ".", "b/../a.png", "file:///etc/passwd"]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: repr(name)[:20])
def test_a_name_never_becomes_a_path_out_of_the_folder(name: Any, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    found = read(tmp_path, document(name))
    assert (found.images, found.reasons()) == ([], {"hostile-path": 2})


@pytest.mark.parametrize("name", ["./a.png", "sub\\a.png", "sub//a.png"])
def test_a_name_written_otherwise_is_found(name: str, tmp_path: Path) -> None:
    found = read(tmp_path, document(name), lambda folder: write_image(folder / name.replace("\\", "/")))
    assert len(found.annotations) == 1
    assert Path(found.images[0]["uri"]).is_file()


@pytest.mark.parametrize(("listed", "stored"), [("NFC", "NFD"), ("NFD", "NFC"), ("NFC", "NFC")])
def test_accents_are_found_however_they_are_spelt(listed: str, stored: str, tmp_path: Path) -> None:
    name = unicodedata.normalize(stored, "Hündchen é.png")
    found = read(tmp_path, document(unicodedata.normalize(listed, "Hündchen é.png")), lambda folder: write_image(folder / name))
    assert [Path(image["uri"]).name for image in found.images] == [name]
    assert len(found.annotations) == 1


LINKS: dict[str, tuple[Callable[[Path], None], str]] = {
    "out of the folder": (lambda folder: (folder / "a.png").symlink_to("/etc/hostname"), "hostile-path"),
    "to itself": (lambda folder: (folder / "a.png").symlink_to("a.png"), "hostile-path"),
    "to nothing": (lambda folder: (folder / "a.png").symlink_to("none.png"), "missing-image"),
    "a pipe": (lambda folder: os.mkfifo(folder / "a.png"), "missing-image"),
    "a folder": (lambda folder: (folder / "a.png").mkdir(), "missing-image"),
}


@pytest.mark.parametrize("name", LINKS)
def test_what_is_no_file_of_the_folder_is_not_opened(name: str, tmp_path: Path) -> None:
    make, reason = LINKS[name]
    assert read(tmp_path, document(), make).reasons() == {reason: 2}


def bomb(path: Path, side: int = 60_000) -> None:
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(10**6))), (b"IEND", b""))
    packed = (struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))


IMAGES: dict[str, tuple[Callable[[Path], None], dict[str, int]]] = {
    "no bytes": (lambda path: path.write_bytes(b"") and None, {"undecodable-image": 2}),
    "a bomb": (bomb, {"image-too-large": 2}),
    "fractions": (lambda path: Image.fromarray(np.zeros((HEIGHT, WIDTH), np.float32)).save(path, format="TIFF"), {"undecodable-image": 2}),
    "a JPEG called PNG": (lambda path: write_image(path, format="JPEG"), {}),
    "inks": (lambda path: write_image(path, "CMYK", format="JPEG"), {}),
    "16 bits": (lambda path: Image.fromarray(np.full((HEIGHT, WIDTH), 40_000, np.uint16)).save(path), {}),
    "a palette": (lambda path: write_image(path, "P"), {}),
    "one bit": (lambda path: write_image(path, "1"), {}),
    "alpha": (lambda path: write_image(path, "RGBA"), {}),
    "an animation": (lambda path: frames(path), {}),
    "turned half": (lambda path: turned(path, 3), {}),
    "turned a quarter": (lambda path: turned(path, 6), {"size-mismatch": 2}),
}


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_what_its_header_says(name: str, tmp_path: Path) -> None:
    make, reasons = IMAGES[name]
    found = read(tmp_path, document(), lambda folder: make(folder / "a.png"))
    assert found.reasons() == reasons
    assert len(found.annotations) == (not reasons)


def flipped(path: Path) -> None:
    write_image(path)
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 9] ^= 4
    path.write_bytes(data)


def short_of_codes(path: Path) -> None:
    write_image(path, format="JPEG")
    path.write_bytes(path.read_bytes()[:-60] + b"\xff\xd9")


@pytest.mark.parametrize("make", [flipped, short_of_codes])
def test_a_damaged_image_and_its_objects_are_rejected_unless_the_stanza_keeps_them(make: Callable[[Path], None], tmp_path: Path) -> None:
    for stanza, expected in (({}, {"corrupt-image": 2}), ({"corrupt_images": "keep"}, {})):
        found = read(tmp_path / str(len(stanza)), document(), lambda folder: make(folder / "a.png"), **stanza)
        assert (len(found.images), found.reasons()) == (not expected, expected)
    assert "copy it again" in read(tmp_path / "2", document(), lambda folder: make(folder / "a.png")).rejects[0]["detail"]


def test_a_quarter_turn_is_applied_once_where_the_stanza_says_that_the_tool_did_not(tmp_path: Path) -> None:
    (row,) = read(tmp_path, document("a.jpg"), lambda folder: turned(folder / "a.jpg", 6), exif="stored").annotations
    assert (row["image_width"], row["image_height"]) == (HEIGHT, WIDTH)
    assert (row["box_x"], row["box_y"]) == (HEIGHT - 12, 2)  # a turn to the right: x comes from the bottom


def test_an_image_listed_twice_is_one_row_and_its_objects_are_counted_once(tmp_path: Path) -> None:
    listed = document()
    listed["images"].append({**listed["images"][0], "id": 2})
    listed["annotations"] += [{**listed["annotations"][0], "id": 2, "image_id": 2}, {**listed["annotations"][0], "id": 3, "image_id": 9}]
    found = read(tmp_path, listed)
    assert (len(found.images), len(found.annotations)) == (1, 1)
    assert found.reasons() == {"duplicate-record": 2, "unlisted-image": 1}


def test_an_archive_whose_members_collide_or_swell_is_refused_whole(tmp_path: Path) -> None:
    for number, members in enumerate(({"a": b"", "a/b": b""}, {"a.json": b"{}", "./a.json": b"[]"}, {"zeros": bytes(80 << 20)})):
        archive = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in members.items():
                packed.writestr(name, content)
        with pytest.raises(InputError, match=r"\.zip"):
            plain_ingest(tmp_path / "store", source_of("s", format="labelme", annotations=str(archive)))


def test_a_line_of_ndjson_that_nests_too_deeply_is_refused(tmp_path: Path) -> None:
    line = '{"data_row": {"id": "a.png"}, "projects": {}, "deep": ' + "[" * 100 + "]" * 100 + "}"
    (tmp_path / "e.ndjson").write_text(f"{line}\n{line}\n")
    with pytest.raises(InputError, match="deeper than 64"):
        plain_ingest(tmp_path / "store", source_of("s", format="labelbox", annotations=str(tmp_path / "e.ndjson")))


def test_a_label_map_has_a_budget_of_its_own(tmp_path: Path) -> None:
    for folder in ("labels", "images"):
        (tmp_path / folder).mkdir()
    bomb(tmp_path / "labels/a.png", 12_000)
    write_image(tmp_path / "images/a.png")
    (tmp_path / "classes.json").write_text('{"classes": [{"id": 0, "name": "sky", "kind": "stuff"}]}')
    places = {"annotations": str(tmp_path / "labels"), "images": str(tmp_path / "images"), "classes": str(tmp_path / "classes.json")}
    found = plain_ingest(tmp_path / "store", source_of("s", format="label-png", **places))
    assert (len(found.images), found.reasons()) == (1, {"image-too-large": 1})
