"""The section that links to the pages of Great Expectations."""

import posixpath
from collections.abc import Sequence

from evaluation.report.pages.markup import paragraph, section, table, text
from evaluation.report.quality import QualityPages

_HEADINGS = ("table", "source", "pages", "rows", "expectations")


def expectations_section(found: Sequence[QualityPages], folder: str) -> str:
    """Return one row for each publication that was checked, with links to its pages; nothing where none was.

    Args:
        found: What was checked.
        folder: Of the report in the store: links are relative, so that they hold wherever the store lies.
    """
    if not found:
        return ""
    rows = [
        (text(one.table), text(one.part), _links(one.pages, folder) or "never checked", f"{one.rows:,}", f"{one.expectations:,}")
        for one in found
    ]
    told = paragraph(
        "These rows were checked before they were published; a broken rule stops a publication. Great Expectations renders the pages."
    )
    return section(
        "expectations", "Expectations", told, table(_HEADINGS, rows, caption="What was checked before it was published", numbers_from=3)
    )


def _links(pages: Sequence[str], folder: str) -> str:
    return " ".join(
        f'<a href="{text(posixpath.relpath(page, folder))}">{"page" if len(pages) == 1 else f"page {number}"}</a>'
        for number, page in enumerate(pages, start=1)
    )
