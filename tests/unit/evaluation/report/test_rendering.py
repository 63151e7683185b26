"""The report's templates escape what they are given, refuse what they are not given, and nothing else declares a text to be HTML."""

import base64
import hashlib
import re
from html import unescape
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from evaluation.report.pages.page import page
from evaluation.report.quality import QualityPages
from evaluation.report.rendering import render
from tests.support.pages import invented_page

REPORT = Path(__file__).parents[4] / "evaluation" / "report"
NAMES = ("class=<script>alert(1)</script>", "class=\"' onclick='alert(1)' x=\"", "class=</table>&amp;")


def test_names_from_outside_are_text_wherever_they_stand() -> None:
    document = invented_page(NAMES)
    for name in NAMES:
        assert name not in document.replace("&amp;", "&") and name in unescape(document)


def test_what_was_rendered_is_not_escaped_again() -> None:
    section = render("expectations", found=[(QualityPages("a & <b>", "", 1, 1, ()), ["x&y"])])
    document = page("centre & piece", "", [section], key="k")
    assert "<h1>centre &amp; piece</h1>" in document and "a &amp; &lt;b&gt;" in document and 'href="x&amp;y"' in document
    assert '<a href="#expectations">Expectations</a>' in document


def test_a_view_without_what_its_template_shows_is_refused() -> None:
    with pytest.raises(UndefinedError, match="'champion' is undefined"):
        render("scores", rows=[("iou", "area", {"mean": {"mean": 0.5, "lower": 0.4, "upper": 0.6}}, [])])


def test_the_only_script_that_may_run_is_the_one_in_the_page() -> None:
    document = page("a", "b", [], key="k")
    (script,) = re.findall(r"<script>(.*)</script>", document, re.DOTALL)
    (digest,) = re.findall(r"script-src &#39;sha256-([^&]+)&#39;", document)
    assert base64.b64decode(digest) == hashlib.sha256(script.encode()).digest()


def test_only_rendering_declares_a_text_to_be_html() -> None:
    declaring = re.compile(r"\bMarkup\(|\bMarkup\.|\|\s*safe\b|autoescape false")
    sources = [*REPORT.rglob("*.py"), *REPORT.rglob("*.jinja")]
    assert len(sources) > 30
    assert [path.name for path in sources if declaring.search(path.read_text(encoding="utf-8"))] == ["rendering.py"]


def test_a_section_stays_html_on_its_way_to_the_page() -> None:
    assert isinstance(render("no_verdict"), Markup)
