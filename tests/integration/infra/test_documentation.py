"""The documentation builds strictly, from what is on this machine alone."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.docs.reference import REFERENCE_PAGES
from infra.docs.root_pages import ROOT, ROOT_PAGES


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    below_docs = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    pages = below_docs | set(REFERENCE_PAGES) | set(ROOT_PAGES.values())
    assert {str(page.relative_to(site)) for page in site.rglob("*.html")} == {page.replace(".md", ".html") for page in pages} | {"404.html"}


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loads = re.compile(
        r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^\">]+|url\([\"']?(?:https?:)?//[^)]+\)|@import"
    )
    found = {page.name: loads.findall(page.read_text(encoding="utf-8")) for page in site.rglob("*") if page.suffix in {".html", ".css"}}
    assert {name: loaded for name, loaded in found.items() if loaded} == {}


def test_tables_of_references_are_tables(site: Path) -> None:
    for page in ("pipeline-yaml", "gates-yaml", "tables", "rejects", "command-line"):
        html = (site / "reference" / f"{page}.html").read_text(encoding="utf-8")
        assert html.count("<table>") > 2
        assert "| ---" not in html
