"""The section that links to the pages of Great Expectations."""

import posixpath
from collections.abc import Sequence

from markupsafe import Markup

from evaluation.report.quality import QualityPages
from evaluation.report.rendering import render


def expectations_section(found: Sequence[QualityPages], folder: str) -> Markup:
    """Return one row for each publication that was checked, with links to its pages; nothing where none was.

    Args:
        found: What was checked.
        folder: Of the report in the store: links are relative, so that they hold wherever the store lies.
    """
    return render("expectations", found=[(one, [posixpath.relpath(page, folder) for page in one.pages]) for one in found])
