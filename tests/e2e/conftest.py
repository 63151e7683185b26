"""The command line as a user starts it, and one run of the demo that several tests look at."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

LONGEST_S = 1500
"""Of a command: the demo trains for two minutes on two idle cores, and for ten beside other tests."""

COMMAND = Path(sys.executable).parent / "centrepiece"


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Centrepiece = Callable[..., Outcome]


@pytest.fixture(scope="session")
def centrepiece(tmp_path_factory: pytest.TempPathFactory) -> Centrepiece:
    """Runs the installed `centrepiece` command outside the checkout, with a Prefect home of its own.

    The folder where it runs holds a package of the user's that is called like one of ours: nobody may import it.
    """
    home = tmp_path_factory.mktemp("home")
    (home / "jobs").mkdir()
    (home / "jobs" / "__init__.py").write_text("raise ImportError('this is the package of a user')\n")
    environment = {**os.environ, "PREFECT_HOME": str(home / "prefect"), "COLUMNS": "200"}
    for checked in ("NUMBA_BOUNDSCHECK", "NUMBA_CACHE_DIR"):  # what users run does not check its kernels' bounds
        environment.pop(checked, None)

    def run(*arguments: object, expect: int | None = 0, **variables: str) -> Outcome:
        done = subprocess.run(
            [str(COMMAND), *(str(argument) for argument in arguments)],
            capture_output=True,
            text=True,
            cwd=home,
            env={**environment, **variables},
            timeout=LONGEST_S,
            check=False,
        )
        if expect is not None and done.returncode != expect:
            pytest.fail(f"centrepiece {arguments} ended with {done.returncode}, not {expect}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}")
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def demo(centrepiece: Centrepiece, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """The demo as `make demo` runs it: its pipeline file, and what the command said."""
    folder = tmp_path_factory.mktemp("demo") / "world"
    outcome = centrepiece("demo", folder)
    return folder / "pipeline.yaml", outcome
