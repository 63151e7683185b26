"""The files that a forge reads run what the project runs, and are well formed."""

import os

import pytest
import yaml

from infra.docs.root_pages import ROOT


def test_the_workflow_runs_what_ci_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert ".ci/run" in commands
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert workflow["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("name", ["bug", "wish"])
def test_an_issue_template_says_what_it_is_for(name: str) -> None:
    _, head, body = (ROOT / f".github/ISSUE_TEMPLATE/{name}.md").read_text(encoding="utf-8").split("---\n", 2)
    assert {"name", "about"} <= yaml.safe_load(head).keys()
    assert body.strip()


def test_the_tests_of_the_readme_are_those_of_ci() -> None:
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make test" in (ROOT / ".ci/run").read_text(encoding="utf-8")
