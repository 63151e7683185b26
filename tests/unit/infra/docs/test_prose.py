"""What the Markdown of the project names exists, and its lines are no longer than 100 columns."""

import re
from pathlib import Path

import pytest

from evaluation.gate.gates import Gates
from infra.docs.root_pages import ROOT
from infra.docs.settings import key_entries
from lake.configuration import Pipeline
from lake.contracts import TABLES

ELSEWHERE = (
    "README.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "RELEASING.md",
    "SECURITY.md",
    "benchmarks/RESULTS.md",
    "evaluation/README.md",
)
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / path for path in ELSEWHERE)]
FOLDERS = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"benchmarks", "tests", "docs"}
KEYS = {entry.key for model in (Pipeline, Gates) for _, entries in key_entries(model) for entry in entries}
IN_A_PIPELINE = {"taxonomy/common.yaml"}
"""Files of a user's pipeline, whose folder is called like one of ours."""


def inline_code(text: str) -> list[str]:
    """The inline code of a page, and the modules that its commands run."""
    return [*re.findall(r"`([^`\n]+)`", without_fences(text)), *re.findall(r"python -m ([\w.]+)", text)]


def without_fences(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)


def is_true(code: str) -> bool:
    """Whether what looks like one of our paths or dotted names is there."""
    if re.fullmatch(r"(?:[\w-]+/)+[\w.-]*", code) and code.split("/")[0] in FOLDERS:
        return code in IN_A_PIPELINE or (ROOT / code).exists()
    dotted = re.match(r"[a-z]+(?:\.[A-Za-z_]\w*)+", code)
    if dotted is None or dotted.group(0).split(".")[0] not in FOLDERS or code.endswith((".yaml", ".md", ".json")):
        return True
    return is_name(dotted.group(0))


def is_name(dotted: str) -> bool:
    """Whether a dotted name is a key, a column, a module, something in one, or a name that the code of its package holds."""
    first, *rest = dotted.split(".")
    if dotted in KEYS or (first in TABLES and rest[0] in TABLES[first].__dataclass_fields__):
        return True
    parts, path = [first, *rest], ROOT
    while parts and ((path / parts[0]).is_dir() or (path / parts[0]).with_suffix(".py").is_file()):
        path = path / parts.pop(0)
    if not parts:
        return True
    # Properties of snapshots begin with our name: they are no modules, and stand in the code that writes them.
    held = (
        [path.with_suffix(".py")] if path.with_suffix(".py").is_file() else [*path.rglob("*.py"), *(ROOT / "lake/publishing").glob("*.py")]
    )
    sought = rf"^\s*(?:def|class) {parts[0]}\b|^{parts[0]}\b|\"{re.escape(dotted)}[\".]"
    return any(re.search(sought, module.read_text(encoding="utf-8"), re.MULTILINE) for module in held)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_what_exists(page: Path) -> None:
    assert [code for code in inline_code(page.read_text(encoding="utf-8")) if not is_true(code)] == []


@pytest.mark.parametrize("code", ["jobs/gone.py", "lake.gone.Lake", "lake.lake.Gone", "evaluation.gone", "centrepiece.gone", "jobs/gone/"])
def test_what_does_not_exist_is_found(code: str) -> None:
    assert not is_true(code)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_prose_is_wrapped_at_100_columns(page: Path) -> None:
    prose = [line for line in without_fences(page.read_text(encoding="utf-8")).splitlines() if not line.lstrip().startswith("|")]
    one_piece = re.compile(r"\s*(?:[-*] |\d+\. )?\S*(?:`[^`]+`|\[[^\]]+\]\([^)]+\))\S*")
    assert [line for line in prose if len(line) > 100 and not one_piece.fullmatch(line)] == []
