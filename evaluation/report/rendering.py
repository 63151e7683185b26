"""Fill the report's templates; what they are given is text and is escaped, unless it was rendered here."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from evaluation.report.numbers import coordinates, number, signed, signed_span, span, thousands

_PACKAGE = "evaluation.report"
_FILTERS = (coordinates, number, signed, thousands)


def render(template: str, **view: object) -> Markup:
    """Return a part of the page.

    Args:
        template: Name of the file in `templates/`, without its ending.
        view: What the template shows.
    """
    return Markup(_environment().get_template(f"{template}.html.jinja").render(view))


def own_file(name: str) -> Markup:
    """Return the style or the script that lies beside this module, to stand in the page as it is."""
    return Markup(files(_PACKAGE).joinpath(name).read_text(encoding="utf-8"))


@cache
def _environment() -> Environment:
    loader = PackageLoader(_PACKAGE)
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters.update({written.__name__: written for written in _FILTERS})
    made.globals.update(span=span, signed_span=signed_span)
    return made
