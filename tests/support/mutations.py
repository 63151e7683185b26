"""Damages an export's files, or archives of them, at random, for tests that readers reject what is broken."""

import io
import json
import os
import random
import re
import shutil
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOSTILE: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 0.5, -0.0, 1e308, 5e-324, float("nan"), float("inf"), 2**31, 2**53, 2**63, 2**64, 2**70, 10**400),
    *(
        "",
        " ",
        "x",
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\x.png",
        "a\\..\\..\\b",
        "\x00",
        "a\nb",
        "\ud800",
        "é" * 3000,
        "%2e%2e/x",
        "~/x",
    ),
    *(
        "https://host/a.png?X-Amz-Signature=abc",
        "s3://bucket/x.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "data:,x",
        "1,2;3,4",
    ),
    *([], {}, [[]], [None], [[1, 2]], {"id": {}}, [1e30] * 8, [1e300, -1e300] * 4, ["x"] * 8, [[float(2**40)] * 8], [float("nan")] * 6),
    *(
        [0, 0, 0, 0, 0, 0],
        [-5, -5, 9999, -5, 9999, 9999, -5, 9999],
        {"size": [2**31, 2**31], "counts": "0"},
        {"size": [1, 1], "counts": [1]},
    ),
)
MEMBERS = (
    "../out.json",
    "/out.json",
    "a/../../out.json",
    "C:/out.json",
    "..\\out.json",
    "a\x00b",
    "out/" * 400 + "x",
    "CON",
    "a" * 300,
    " ",
    ".",
)
_ORIENTATIONS = tuple(range(10))


def mutate(folder: Path, chance: random.Random) -> None:
    """Change one file of an export, or leave it out, empty, duplicate, or in the place of another."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    if not paths:
        return
    path = chance.choice(paths)
    data = path.read_bytes()
    path.unlink()  # it may be one more name of the original
    match chance.randrange(20):
        case 0:
            return
        case 1:
            path.write_bytes(b"")
        case 2:
            other = chance.choice(paths)
            path.write_bytes(data + data if other == path else other.read_bytes())
        case 3:
            path.with_name(chance.choice(("ä.png", "a%2Fb.json", f"{path.stem}.PNG", f"{path.name}.json", "-x", "a b.jpg"))).write_bytes(
                data
            )
        case _:
            path.write_bytes(mutated(path.suffix.lower(), data, chance))


def mutated(suffix: str, data: bytes, chance: random.Random) -> bytes:
    """Change a file's structure where its kind has one that is known here, else its bytes."""
    structured = _STRUCTURES.get(suffix)
    if structured is not None and chance.random() < 0.75:
        return structured(data, chance)
    return mutate_bytes(data, chance)


def mutate_bytes(data: bytes, chance: random.Random) -> bytes:
    """Flip, cut, double or insert some bytes; half the time near the beginning, where headers are."""
    end = len(data) if chance.random() < 0.5 else min(len(data), 256)
    place = chance.randrange(end + 1)
    match chance.randrange(5):
        case 0:
            return data[:place]
        case 1:
            return data[:place] + chance.randbytes(chance.randrange(1, 9)) + data[place:]
        case 2:
            return data[:place] + data[max(0, place - 40) : place] + data[place:]
        case 3:
            return data[:place] + data[place + chance.randrange(1, 64) :]
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        if end:
            changed[chance.randrange(end)] = chance.choice((0, 255, 127, 128, chance.randrange(256)))
    return bytes(changed)


def mutate_json(value: Any, chance: random.Random) -> Any:
    """Replace, drop, rename or double one thing somewhere inside."""
    if isinstance(value, dict) and value and chance.random() < 0.93:
        key = chance.choice(sorted(value))
        changed = dict(value)
        kind = chance.random()
        if kind < 0.08:
            del changed[key]
        elif kind < 0.12:
            changed[chance.choice(("", "id", "\ud83d\ude00", key * 2))] = changed.pop(key)
        else:
            changed[key] = mutate_json(value[key], chance)
        return changed
    if isinstance(value, list) and value and chance.random() < 0.93:
        place = chance.randrange(len(value))
        kind = chance.random()
        if kind < 0.08:
            return [*value, value[place]]
        if kind < 0.12:
            return [*value[:place], *value[place + 1 :]]
        return [*value[:place], mutate_json(value[place], chance), *value[place + 1 :]]
    if isinstance(value, str) and value and chance.random() < 0.4:
        return mutate_bytes(value.encode("utf-8", "surrogatepass"), chance).decode("utf-8", "replace")
    if isinstance(value, int | float) and chance.random() < 0.4:
        return chance.choice((-value, value + 1, value - 1, value * 1000, str(value), [value], value / 2 if abs(value) < 2**60 else 0))
    return chance.choice(HOSTILE)


def _json(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("utf-8-sig", "replace")
    lines = text.splitlines()
    try:
        if len(lines) > 1 and all(line.startswith("{") for line in lines if line):
            place = chance.randrange(len(lines))
            lines[place] = json.dumps(mutate_json(json.loads(lines[place]), chance))
            written = "\n".join(lines)
        else:
            written = json.dumps(mutate_json(json.loads(text), chance))
    except (ValueError, RecursionError):
        return mutate_bytes(data, chance)
    encoded = written.encode("utf-8", "surrogatepass")
    match chance.randrange(24):
        case 0:
            return b"\xef\xbb\xbf" + encoded
        case 1:
            return written.encode("utf-16", "surrogatepass")
        case 2:
            return encoded.replace(b": ", b": " + b"[" * chance.choice((70, 3000, 100_000)), 1)
        case 3:
            return encoded.replace(b'"id"', b'"id": 7, "id"')
        case 4:
            return encoded.replace(b", ", b",\r\n")
        case 5:
            return encoded + chance.choice((b"\0", b"]", b"{}", b"\n\n", encoded))
    return encoded


def _xml(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    found = list(re.finditer(r'(\w+)="([^"]*)"', text))
    if not found or chance.random() < 0.1:
        return b'<!DOCTYPE a [<!ENTITY b "c">]>' + data
    spot = chance.choice(found)
    value = str(chance.choice(HOSTILE)).replace('"', "'") if chance.random() < 0.7 else spot.group(2) * 2
    return f"{text[: spot.start(2)]}{value}{text[spot.end(2) :]}".encode("utf-8", "surrogatepass")


def _words(data: bytes, chance: random.Random) -> bytes:
    words = re.split(r"(\s)", data.decode("utf-8", "replace"))
    words[chance.randrange(len(words))] = str(chance.choice(HOSTILE))
    return "".join(words).encode("utf-8", "surrogatepass")


def _png(data: bytes, chance: random.Random) -> bytes:
    """Change what is inside a chunk and mend its sum, so that decoders believe it."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not chunks:
        return mutate_bytes(data, chance)
    place = chance.randrange(len(chunks))
    kind, content = chunks[place]
    if kind == b"IHDR" and len(content) == 13:
        sides = [chance.choice((0, 1, 7, 40_000, 2**31 - 1, 2**32 - 1)), *struct.unpack(">II", content[:8])]
        width, height = chance.sample(sides, 2)
        depth, colour = chance.choice((1, 2, 4, 8, 16, content[8])), chance.choice((0, 2, 3, 4, 6, content[9]))
        content = struct.pack(">IIBB", width, height, depth, colour) + content[10:]
    elif kind == b"IDAT" and chance.random() < 0.3:
        content = zlib.compress(bytes(chance.choice((0, 10, 1 << 24))))
    else:
        content = mutate_bytes(content, chance)
    chunks[place] = kind, content
    if chance.random() < 0.15:
        chunks.insert(
            place,
            chance.choice(
                (chunks[place], (b"acTL", b"\0\0\0\3\0\0\0\0"), (b"tRNS", b"\0" * 300), (b"zTXt", zlib.compress(bytes(1 << 20))))
            ),
        )
    packed = (struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks)
    return data[:8] + b"".join(packed)


def _jpeg(data: bytes, chance: random.Random) -> bytes:
    """Put an EXIF orientation before the first segment, or other sides into the frame header."""
    if chance.random() < 0.5:
        tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([chance.choice(_ORIENTATIONS), 0, 0, 0, 0, 0, 0, 0])
        body = b"Exif\0\0" + tiff
        return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]
    frame = re.search(rb"\xff[\xc0-\xc2]\x00.\x08", data, re.DOTALL)
    if frame is None:
        return mutate_bytes(data, chance)
    sides = struct.pack(">HH", chance.choice((0, 1, 65_535, 500)), chance.choice((0, 1, 65_535, 333)))
    return data[: frame.end()] + sides + data[frame.end() + 4 :]


_STRUCTURES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    **dict.fromkeys((".json", ".ndjson", ".jsonl"), _json),
    **dict.fromkeys((".txt", ".yaml", ".yml"), _words),
    **dict.fromkeys((".jpg", ".jpeg"), _jpeg),
    ".xml": _xml,
    ".png": _png,
}


def packed(folder: Path, target: Path, chance: random.Random) -> Path:
    """Pack an export and harm the archive: its bytes, or its list of members."""
    kind = chance.choice(("zip", "tar", "gztar"))
    archive = target.with_name(f"{target.name}.{kind}" if kind != "gztar" else f"{target.name}.tar.gz")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if kind == "zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
            for path in files:
                made.write(path, path.relative_to(folder))
    else:
        with tarfile.open(archive, "w:gz" if kind == "gztar" else "w", **({"compresslevel": 1} if kind == "gztar" else {})) as made:
            for path in files:
                made.add(path, path.relative_to(folder))
    if chance.random() < 0.5:
        archive.write_bytes(mutate_bytes(archive.read_bytes(), chance))
        return archive
    name = chance.choice((*MEMBERS, *(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())))
    content = chance.choice((b"", b"{}", bytes(1 << 20), b"x"))
    if kind == "zip":
        _add_to_zip(archive, name, content, chance)
    else:
        _add_to_tar(archive, kind, name, content, chance)
    return archive


def _add_to_zip(archive: Path, name: str, content: bytes, chance: random.Random) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = name
    info.external_attr = chance.choice((0o100644, 0o120777, 0o020666, 0o010644, 0)) << 16
    info.compress_type = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    with zipfile.ZipFile(archive, "a") as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name twice is what some want
        opened.writestr(info, content)


def _add_to_tar(archive: Path, kind: str, name: str, content: bytes, chance: random.Random) -> None:
    members = io.BytesIO()
    with tarfile.open(archive) as old, tarfile.open(fileobj=members, mode="w:gz" if kind == "gztar" else "w") as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
        info = tarfile.TarInfo(name)
        info.type = chance.choice(
            (tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE)
        )
        info.linkname = "/etc/passwd" if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
        info.size = len(content) if info.type == tarfile.REGTYPE else 0
        try:
            new.addfile(info, io.BytesIO(content))
        except ValueError:  # a name that tar itself cannot hold
            info.name = "x"
            new.addfile(info, io.BytesIO(content))
    archive.write_bytes(members.getvalue())


def link_tree(source: Path, target: Path) -> None:
    """Give every file of a folder one more name in another: the bytes are not copied."""
    shutil.copytree(source, target, copy_function=os.link)
