"""Every key, column and reject reason has a meaning, and the reference pages hold all of them."""

import inspect
import re

import pytest

import centrepiece
from evaluation.gate.gates import Gates
from infra.docs.command_line import commands
from infra.docs.comments import sections, trailing_comments
from infra.docs.python_api import public_functions
from infra.docs.reference import REFERENCE_PAGES
from infra.docs.rejects import reason_meanings
from infra.docs.settings import key_entries
from infra.docs.tables import column_entries
from lake.configuration import BalanceSpec, Pipeline, Source
from lake.contracts import TABLES
from lake.reasons import Reason
from lake.schemas import arrow_schema

PAGES = {path: write() for path, write in REFERENCE_PAGES.items()}
KEYS = {
    (page, entry.key): entry
    for page, model in (("reference/pipeline-yaml.md", Pipeline), ("reference/gates-yaml.md", Gates))
    for _, entries in key_entries(model)
    for entry in entries
}


@pytest.mark.parametrize(("page", "key"), KEYS)
def test_a_key_has_a_type_and_a_meaning_and_stands_on_its_page(page: str, key: str) -> None:
    entry = KEYS[page, key]
    assert entry.kind
    assert len(entry.meaning) > 10
    assert f"| `{key}` |" in PAGES[page]


def test_the_keys_of_nested_mappings_are_all_listed() -> None:
    listed = {key for _, key in KEYS}
    assert listed >= {f"sources[].{name}" for name in Source.model_fields} | {f"balance.{name}" for name in BalanceSpec.model_fields}
    assert {"evaluation.tracing.click_s", "rules[].beats_by", "margin.stratum"} <= listed


def test_defaults_are_those_that_a_file_without_the_key_gets() -> None:
    defaults = {key: entry.default for (_, key), entry in KEYS.items()}
    assert defaults["balance.target"] == f"`{BalanceSpec().target}`"
    assert defaults["rules[].beats_by"] == "`0.0`"
    assert defaults["version"] == "`1`"
    assert defaults["sources[].complete"] == "`false`"
    assert defaults["name"] == "required"


@pytest.mark.parametrize("table", TABLES)
def test_every_column_has_a_meaning_and_stands_on_the_page(table: str) -> None:
    section = re.split(r"^## ", PAGES["reference/tables.md"], flags=re.MULTILINE)
    text = next(part for part in section if part.startswith(f"{table}\n"))
    entries = column_entries()[table]
    assert [entry.name for entry in entries] == arrow_schema(TABLES[table]).names
    for entry in entries:
        assert entry.meaning, entry.name
        assert f"| `{entry.name}` |" in text


def test_every_reason_has_a_meaning_and_stands_on_the_page_once() -> None:
    meanings = reason_meanings()
    assert set(meanings) == set(Reason)
    for reason, meaning in meanings.items():
        assert meaning, reason
        assert PAGES["reference/rejects.md"].count(f"| `{reason}` |") == 1


def test_every_command_stands_on_the_page_with_all_it_takes() -> None:
    found = dict(commands())
    assert {"centrepiece run", "centrepiece taxonomy suggest", "centrepiece sql"} <= set(found)
    for name, command in found.items():
        text = next(part for part in PAGES["reference/command-line.md"].split("\n## ") if part.startswith(f"{name}\n"))
        assert command.help
        for parameter in command.params:
            assert parameter.help, (name, parameter.name)
            assert (parameter.opts[0] if parameter.param_type_name == "option" else parameter.name.upper()) in text


def test_the_public_api_is_described_whole() -> None:
    names = {name for name, _ in public_functions()}
    assert {f"centrepiece.{name}" for name in centrepiece.__all__ if inspect.isfunction(getattr(centrepiece, name))} <= names
    for name, function in public_functions():
        assert f"### {name}\n" in PAGES["reference/python.md"]
        assert inspect.getdoc(function), name


def test_no_row_of_a_table_has_more_cells_than_its_heading() -> None:
    for path, text in PAGES.items():
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({line.count("|") for line in block.splitlines()}) == 1, (path, block)


class Fields:
    """What the comments of a class are read from."""

    # the first ones
    plain: int = 1
    told: int = 2  # twice one
    # the others
    text: str = "# no comment"  # with a mark in it


def test_a_comment_belongs_to_the_field_before_it() -> None:
    assert trailing_comments(Fields) == {"told": "twice one", "text": "with a mark in it"}


def test_a_section_holds_the_fields_below_its_comment() -> None:
    assert sections(Fields) == {"plain": "the first ones", "told": "the first ones", "text": "the others"}
