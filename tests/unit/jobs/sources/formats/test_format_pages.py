"""Every format has a page, whose stanza is one and whose reasons are of the closed list."""

import re
from pathlib import Path

import pytest
import yaml

from jobs.sources.registry import READERS
from lake.configuration import Source
from lake.reasons import Reason

PAGES = Path(__file__).resolve().parents[5] / "docs" / "formats"


def test_there_is_a_page_for_each_format_and_no_other() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} == set(READERS)


@pytest.mark.parametrize("name", READERS)
def test_a_page_shows_a_stanza_and_names_reasons_that_exist(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (stanza,) = yaml.safe_load(block)
    assert Source.model_validate(stanza).format == name
    reasons = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", page)) - set(READERS)
    assert len(reasons & set(Reason)) >= 2
    assert reasons <= set(Reason)
