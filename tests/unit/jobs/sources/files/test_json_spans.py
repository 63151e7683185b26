"""A scan finds exactly the parts that a JSON parser finds, or refuses the document."""

import json
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.sources.files.folders import MappedBytes
from jobs.sources.files.json_documents import whole_number
from jobs.sources.files.json_keys import MISSING
from jobs.sources.files.json_spans import element_spans, member_spans
from lake.errors import InputError


def scanned(document: str | bytes) -> MappedBytes:
    data = document.encode() if isinstance(document, str) else document
    return np.frombuffer(data, np.uint8)


def elements(document: str, key: str = "annotations") -> tuple[list[Any], list[int], list[int]]:
    data = scanned(document)
    found = element_spans(data, member_spans(data, "test")[key], "test")
    values = [json.loads(bytes(data[start:end])) for start, end in zip(found.starts, found.ends, strict=True)]
    return values, found.ids.tolist(), found.image_ids.tolist()


RECORDS = [
    {"id": 0, "image_id": -5, "text": 'a "quoted" ], } \\ bracket', "inner": {"id": 77, "image_id": 78}},
    {"image_id": 12, "id": 3.0, "list": [[1, 2], [], {}]},
    {"id": "text", "image_id": None},
    {},
    17,
    "}",
    None,
    [1, {"id": 4}],
]


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,\n\t", " :\r\n ")])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_elements_are_found_whatever_they_hold(separators: tuple[str, str], ascii_only: bool) -> None:
    document = json.dumps({"info": {"é": "ü"}, "annotations": RECORDS}, separators=separators, ensure_ascii=ascii_only)
    values, ids, image_ids = elements(document)
    assert values == RECORDS
    assert ids[:2] == [0, 3]
    assert image_ids[:2] == [-5, 12]
    assert ids[2:] == image_ids[2:] == [MISSING] * 6


KEYS = [
    "id",
    "image_id",
    "ids",
    "image_ids",
    "imageXid",
    "im\u00e4_i",
    "imabc_id",
    "image_iX",
    "i",
    "Id",
    r"\u0069d",
    r"im\u0061ge_id",
    r"image\u005fid",
    r"\"\"id",
]
VALUES = ["0", "7", "-7", "-0", "3.0", "3.50", "0e0", "12e1", "70e-1", "1.5e1", "-0.0e5", "1e400", "0.99999999999999999999", "null", '"7"']
VALUES += [
    "999999999999999",
    "1000000000000000",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "18446744073709551616",
    "true",
    "[7]",
]


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)), max_size=4))
@settings(max_examples=400, deadline=None)
def test_ids_are_those_that_a_parser_finds(members: list[tuple[str, str]]) -> None:
    record = "{" + ", ".join(f'"{key}": {value}' for key, value in members) + "}"
    found = element_spans(scanned(f"[{record}]"), (0, len(record.encode()) + 2), "test")
    try:
        parsed = orjson.loads(record)
    except orjson.JSONDecodeError:  # a number beyond every double: the element is rejected, whatever its ids
        return
    expected = [whole_number(parsed.get(key)) for key in ("id", "image_id")]
    assert [found.ids[0], found.image_ids[0]] == [MISSING if number is None else number for number in expected]


def test_keys_at_the_top_are_read_as_a_parser_reads_them() -> None:
    assert elements('{"annot\\u0061tions": [1]}')[0] == [1]
    with pytest.raises(InputError, match="twice"):
        elements('{"annotations": [1], "annot\\u0061tions": [2]}')


def test_an_empty_list_has_no_elements() -> None:
    assert elements('\ufeff {"annotations" : [ ] } ')[0] == []


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        "{",
        '{"annotations": [1, 2',
        '{"annotations": [1, 2]',
        '{"annotations": [1, 2]} x',
        '{"annotations": [1, 2}]',
        '{"annotations": [1,, 2]}',
        '{"annotations": [1, 2,]}',
        '{"annotations": [1 2]}',
        '{"annotations": ["open]}',
        '{"annotations": ["x\\"]}',
        '{"annotations": [1],}',
        '{"annotations" [1]}',
        '{"annotations": {"a": [1}]}',
        "{annotations: [1]}",
        '{"annotations": [1], "annotations": [2]}',
        '{"annotations": 5}',
    ],
)
def test_a_document_whose_brackets_do_not_fit_is_refused(document: str) -> None:
    with pytest.raises(InputError):
        elements(document)


@pytest.mark.parametrize("levels", [64, 65])
@pytest.mark.parametrize("record", ['{{"a": {0}1{1}}}', "[{0}1{1}]"])
def test_an_element_nests_at_most_64_levels(record: str, levels: int) -> None:
    document = '{"annotations": [' + record.format("[" * (levels - 1), "]" * (levels - 1)) + "]}"
    if levels == 64:
        with pytest.raises(InputError, match="deeper than 64"):  # the list of elements is a level of the document
            elements(document)
        document = document[len('{"annotations": ') : -1]
        assert len(element_spans(scanned(document), (0, len(document)), "test")) == 1
    else:
        with pytest.raises(InputError, match="deeper than 64"):
            element_spans(scanned(document), (16, len(document) - 1), "test")


def test_numbers_of_any_length_are_passed() -> None:
    values = [[0.5] * count + ["x", "0" * count + "]}"] * (count % 3) for count in range(40)]
    for blanks in range(9):
        assert elements(json.dumps({" " * blanks: 0, "annotations": values}))[0] == values


def test_nesting_without_end_is_refused_without_recursion() -> None:
    with pytest.raises(InputError, match="deeper than 64"):
        elements('{"annotations": [' + "[" * 100_000 + "]" * 100_000 + "]}")
    with pytest.raises(InputError, match="64 keys"):
        elements(json.dumps({str(number): 1 for number in range(100)}))
