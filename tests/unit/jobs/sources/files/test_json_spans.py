"""A scan finds exactly the parts that a JSON parser finds, or refuses the document."""

import json
from typing import Any

import numpy as np
import pytest

from jobs.sources.files.folders import MappedBytes
from jobs.sources.files.json_spans import MISSING, element_spans, member_spans
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
    assert ids[3:] == image_ids[3:] == [MISSING] * 5
    assert ids[2] not in (MISSING, 0)


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
