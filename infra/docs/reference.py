"""Lists the reference pages, each with the function that writes it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from infra.docs.command_line import command_line_page
from infra.docs.python_api import python_page
from infra.docs.rejects import rejects_page
from infra.docs.settings import gates_page, pipeline_page
from infra.docs.tables import tables_page

REFERENCE_PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "reference/command-line.md": command_line_page,
        "reference/pipeline-yaml.md": pipeline_page,
        "reference/gates-yaml.md": gates_page,
        "reference/tables.md": tables_page,
        "reference/rejects.md": rejects_page,
        "reference/python.md": python_page,
    }
)
"""Path of a page below `docs/`, to what writes it."""
