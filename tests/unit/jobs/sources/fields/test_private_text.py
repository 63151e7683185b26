"""No address, signature or credential of an export reaches a table, wherever in a document it stands."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.exports.formats import FORMATS
from jobs.sources.fields.private_text import without_secrets
from lake.errors import CentrepieceError
from tests.support.plain_ingest import plain_ingest, source_of
from tests.support.sample_exports import REAL, Sample, demo_samples

SECRETS = (
    "eve.adams+x@corp.example",
    "https://user:hunter2@host.example/a/b.png?X-Amz-Signature=hunter2&X-Amz-Credential=eve%40corp.example",
    "//host.example/../b.png?sig=hunter2",
    "b.png?token=hunter2",
)
SHOWN = ("hunter2", "corp.example")
NAMES = ["label-studio", "labelbox", "cvat-project", *(f"demo-{name}" for name in FORMATS)]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return {**REAL, **demo_samples(tmp_path_factory.mktemp("demo") / "world")}


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of the first string under each path of keys, whatever the places in lists."""
    seen = set()
    pending = [(value, place)]
    while pending:
        item, where = pending.pop(0)
        if isinstance(item, dict):
            pending.extend((part, (*where, key)) for key, part in item.items())
        elif isinstance(item, list):
            pending.extend((part, (*where, number)) for number, part in enumerate(item))
        elif isinstance(item, str) and (path := tuple(key for key in where if isinstance(key, str))) not in seen:
            seen.add(path)
            yield where


def put(value: Any, place: tuple[Any, ...], secret: str) -> Any:
    if not place:
        return secret
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[place[0]] = put(value[place[0]], place[1:], secret)
    return changed


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_a_document_brings_a_secret_into_a_table(
    name: str, samples: dict[str, Sample], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    export = tmp_path / "export"
    samples[name].make(request.getfixturevalue("data_folder") if name in REAL else tmp_path, export)
    source = source_of("s", **samples[name].paths(str(export)))
    tried = 0
    for path in sorted(export.rglob("*.json"))[:2]:
        document = json.loads(path.read_text())
        for place in leaves(document):
            for secret in SECRETS:
                path.write_text(json.dumps(put(document, place, secret)))
                try:
                    found = plain_ingest(tmp_path / "store", source)
                except CentrepieceError:
                    continue
                tried += 1
                for row in (*found.images, *found.annotations, *found.rejects):
                    columns = {key: value for key, value in row.items() if key != "label"}  # labels are kept to the letter
                    assert not any(secret in str(columns) for secret in SHOWN), (place, columns)
        path.write_text(json.dumps(document))
    assert tried or not list(export.rglob("*.json"))


def test_equal_texts_stay_equal_and_different_ones_different() -> None:
    found = {without_secrets(f"task {who}@corp.example at https://h/x.png?sig={who}") for who in ("a", "b", "a")}
    assert len(found) == 2
    assert all("corp" not in text and "sig" not in text and text.startswith("task <") for text in found)
    for plain in ("photo@2x.png", "a=b", "folder/what?.jpg", "labels#1"):
        assert without_secrets(plain) == plain
