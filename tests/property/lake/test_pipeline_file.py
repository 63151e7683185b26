"""Whatever stands in a pipeline file, reading it gives a pipeline or one line, and looks at no more of it than it must."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lake.errors import ConfigurationError
from lake.pipeline_file import load_pipeline

COMPLETE: dict[str, Any] = {
    "name": "nightly",
    "store": "./store",
    "catalog": "postgresql+psycopg://me:hunter2@host:5432/db",
    "spark": {"master": "local[2]", "conf": {"spark.a": "b"}},
    "taxonomy": "taxonomy.yaml",
    "label_maps": "maps/",
    "sources": [
        {
            "name": "a",
            "customer": "b",
            "domain": "c",
            "format": "coco",
            "scene": "partial",
            "annotations": "a.json",
            "group_by": "(?P<group>x)",
        }
    ],
    "splits": {"train": 0.8, "val": 0.1, "test": 0.1},
    "crops": {"padding": [0.1, 0.2], "min_side": 1},
    "balance": {"target": 5, "temperature": 0.5},
    "training": {"epochs": 1, "learning_rate": 0.001, "canvas": 32},
    "evaluation": {"tracing": {"outline_s": 1.5}, "strata": ["domain"]},
    "gates": "gates.yaml",
}
TEXT = yaml.safe_dump(COMPLETE)
HOSTILE = (
    *("1e400", "1.0e+400", "-.inf", ".nan", "9" * 100_000, "0x" + "f" * 5000, "'" + "9" * 100_000 + "'", "1:99:99:99", "-0.0", "018"),
    *(
        '"a\\0b"',
        '"\\ud800"',
        "!!int abc",
        "!!float abc",
        "!!bool abc",
        "!!timestamp abc",
        "2001-99-99",
        "!!binary '*'",
        "!!python/name:os.system",
    ),
    *(
        "[" * 1000,
        "{a: " * 1000,
        "- " * 1000,
        "&x [*x]",
        "*nowhere",
        "? [a]\n: b",
        "<<: 3",
        "!!set {a, b}",
        "=",
        "|\n",
        "'",
        '"',
        "%",
        "\t",
        "@",
        "`",
    ),
    *(
        "spark://h:99999",
        "spark://h:abc",
        "local[0]",
        "postgresql://h:99999/d",
        "https://u:hunter2@h:abc/",
        "s3://k:hunter2@b/p",
        "${HOME}",
        "a" * 20_000,
    ),
    *(
        "(?P<group>" + "(" * 3000,
        "'(?P<group>(a{60000}){60000})'",
        "null",
        "true",
        "[]",
        "{}",
        "~",
        "\x00",
        "\x85",
        "\ufeff",
        "a: b: c",
        "--- a\n--- b",
    ),
)
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(f'*{old}' for _ in range(9))}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGED = "a: &a {k: 1}\n" + "".join(
    f"{new}: &{new} {{<<: [{','.join(f'*{old}' for _ in range(9))}]}}\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def check_door(path: Path, data: bytes) -> str | None:
    """Read a pipeline file; return the line that it is refused with."""
    path.write_bytes(data)
    try:
        load_pipeline(path)
    except ConfigurationError as error:
        told = str(error)
        assert 0 < len(told) < 6000 + len(str(path)) and told.isprintable(), told
        assert "hunter2" not in told
        return told
    return None


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("door") / "pipeline.yaml"


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_value_anywhere_ends_in_one_line_or_is_read(path: Path, value: str) -> None:
    lines = TEXT.splitlines()
    for number in (index for index, line in enumerate(lines) if ": " in line):
        key = lines[number].split(": ")[0]
        check_door(path, "\n".join([*lines[:number], f"{key}: {value}", *lines[number + 1 :]]).encode("utf-8", "surrogatepass"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.integers(0, len(TEXT)),
    gone=st.integers(0, 8),
    put=st.binary(max_size=12) | st.sampled_from(HOSTILE).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
def test_a_file_with_any_bytes_changed_ends_in_one_line_or_is_read(path: Path, at: int, gone: int, put: bytes) -> None:
    data = TEXT.encode()
    check_door(path, data[:at] + put + data[at + gone :])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (BOMB.encode(), "more than 200,000 values"),
        (MERGED.encode(), "more than 200,000 values"),
        (b"a: " + b"[" * 900_000, "more than 50 deep"),
        (b"a: &x {b: *x}", r"alias \*x inside of what it stands for"),
        (b"name: a\nname: b\n", "the key 'name' twice, line 2, column 1"),
        (b"a:\n\tb: c", "line 2, column 1"),
        (b"name: \xff", "not UTF-8"),
        (b'name: "\\0"', "NUL"),
        (b"balance: {target: " + b"9" * 100_000 + b"}", "no int"),
        (b"balance: {target: 99999999999999999999}", "more than 64 bits"),
        (b"crops: {padding: [0, 1.0e+400]}", "too large"),
        (b"".join(b"k%d: 1\n" % index for index in range(3000)), "and 2,9.. more"),
    ],
)
def test_what_would_cost_time_or_memory_is_refused_for_what_it_is(path: Path, data: bytes, told: str) -> None:
    assert re.search(told, check_door(path, data) or "")


def test_a_file_of_gigabytes_is_refused_unread(path: Path) -> None:
    path.write_bytes(b"")
    os.truncate(path, 8 << 30)
    with pytest.raises(ConfigurationError, match="larger than 1,048,576 bytes"):
        load_pipeline(path)
    path.unlink()
    with pytest.raises(ConfigurationError, match="it is no file"):
        load_pipeline("/dev/zero")


def test_a_mark_of_byte_order_is_no_fault(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert load_pipeline(path).name == "nightly"
