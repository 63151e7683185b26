"""Brings Markdown that lies outside of `docs/` into the documentation, with its links."""

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).resolve().parent.parent.parent

ROOT_PAGES: Mapping[str, str] = MappingProxyType(
    {
        "ARCHITECTURE.md": "architecture.md",
        "CONTRIBUTING.md": "contributing.md",
        "CHANGELOG.md": "changelog.md",
        "RELEASING.md": "releasing.md",
        "SECURITY.md": "security.md",
        "benchmarks/RESULTS.md": "results.md",
        "evaluation/README.md": "edges.md",
    }
)
"""Path of a file in the repository, to the path of its page below `docs/`."""

_LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]+\.md)(#[^)\s]*)?\)")


def read_root_page(path: str) -> str:
    """Return the Markdown of a page whose file lies outside of `docs/`.

    Args:
        path: One of the values of ROOT_PAGES.
    """
    source = next(source for source, of_page in ROOT_PAGES.items() if of_page == path)
    return with_page_links((ROOT / source).read_text(encoding="utf-8"), source)


def with_page_links(markdown: str, source: str) -> str:
    """Turn links between files of the repository into links between pages.

    Args:
        markdown: What the file holds.
        source: Path of the file in the repository, with slashes.
    """
    folder = posixpath.dirname(source)
    page = ROOT_PAGES.get(source, source.removeprefix("docs/"))

    def replaced(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, link.group(1)))
        if target not in ROOT_PAGES and not target.startswith("docs/"):
            return link.group(0)
        wanted = ROOT_PAGES.get(target, target.removeprefix("docs/"))
        return f"]({posixpath.relpath(wanted, posixpath.dirname(page) or '.')}{link.group(2) or ''})"

    return _LINK.sub(replaced, markdown)
