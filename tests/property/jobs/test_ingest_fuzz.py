"""Mutated exports of every format: no crash, no hang, no file outside the store, every record accounted for.

`CENTREPIECE_MUTATIONS` says how many mutations each format gets (2,000 for the long run).
"""

import json
import os
import random
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from demo.customers import CUSTOMERS
from demo.exports.formats import FORMATS
from lake.errors import CentrepieceError
from tests.factories import tiny_shots
from tests.plain_ingest import plain_ingest, source_of

MUTATIONS = int(os.environ.get("CENTREPIECE_MUTATIONS", "12"))
SLOWEST_S = 60.0
HOSTILE: tuple[Any, ...] = (
    *(None, True, -1, 0, 1e308, 2**63, 2**70, "", "x", "../../etc/passwd", "/etc/passwd", "\x00", "é" * 3000, [], {}),
    *([[]], [None], [[1, 2]], {"id": {}}, [1e30] * 8, ["x"] * 8, [[float(2**40)] * 8], "data:image/png;base64,AAAA"),
)


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    customer = CUSTOMERS[0]
    shots = [shot for shot in tiny_shots(images=3, long_side=64) if shot.scene.domain == customer.domain]
    written = {}
    for name, kind in FORMATS.items():
        folder = tmp_path_factory.mktemp(name)
        written[name] = folder, str(kind.write(folder, customer, shots).relative_to(folder))
    return written


def mutate_json(value: Any, chance: random.Random) -> Any:
    """Replace, drop or double one thing somewhere inside."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(sorted(value))
        changed = dict(value)
        if chance.random() < 0.15:
            del changed[key]
        else:
            changed[key] = mutate_json(value[key], chance)
        return changed
    if isinstance(value, list) and value and chance.random() < 0.9:
        place = chance.randrange(len(value))
        if chance.random() < 0.2:
            return [*value, value[place]]
        return [*value[:place], mutate_json(value[place], chance), *value[place + 1 :]]
    return chance.choice(HOSTILE)


def mutate_bytes(data: bytes, chance: random.Random) -> bytes:
    """Flip, cut, double or insert some bytes."""
    place = chance.randrange(len(data) + 1)
    match chance.randrange(4):
        case 0:
            return data[:place]
        case 1:
            return data[:place] + chance.randbytes(chance.randrange(1, 9)) + data[place:]
        case 2:
            return data[:place] + data[max(0, place - 40) : place] + data[place:]
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def mutate(folder: Path, chance: random.Random) -> None:
    """Change one file of an export."""
    path = chance.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
    data = path.read_bytes()
    try:
        if path.suffix == ".json" and chance.random() < 0.7:
            path.write_text(json.dumps(mutate_json(json.loads(data), chance)))
            return
    except ValueError:
        pass
    path.write_bytes(mutate_bytes(data, chance))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_mutated_export_is_refused_or_accounted_for(name: str, exports: dict[str, tuple[Path, str]], tmp_path: Path) -> None:
    kind, (original, annotations) = FORMATS[name], exports[name]
    refused = read = 0
    for number in range(MUTATIONS):
        chance = random.Random(f"{name} {number}")
        folder = tmp_path / "export"
        shutil.copytree(original, folder)
        for _ in range(chance.randrange(1, 3)):
            mutate(folder, chance)
        before = {path for path in tmp_path.rglob("*") if "store" not in path.parts}
        stanza = {"annotations": str(folder / annotations)}
        stanza |= {"images": str(folder / kind.images)} if kind.images else {}
        stanza |= {"classes": str(folder / kind.classes)} if kind.classes else {}
        begin = time.monotonic()
        try:
            found = plain_ingest(tmp_path / "store", source_of("fuzzed", format=kind.format, **stanza))
            read += 1
            assert all(row["reason"] for row in found.rejects)
        except CentrepieceError:
            refused += 1
        assert time.monotonic() - begin < SLOWEST_S
        assert {path for path in tmp_path.rglob("*") if "store" not in path.parts} == before
        shutil.rmtree(folder)
    assert refused + read == MUTATIONS
    assert read
