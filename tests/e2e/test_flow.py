"""The flow with no server and with one, on a world that trains for one epoch: what fails at the gate, and who is told."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from evaluation.gate.registry import Registry
from lake.lake import open_lake
from lake.pipeline_file import load_pipeline
from tests.e2e.conftest import Centrepiece

pytestmark = pytest.mark.slow
STAGES = ("ingest", "label", "balance", "crop", "fit", "export", "predict", "score", "judge", "promote", "report")
WATCH = """
import sys, os

def _watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
    elif event == "socket.getaddrinfo":
        host = str(arguments[0])
    else:
        return
    if host not in {"127.0.0.1", "::1", "localhost", "0.0.0.0", "None", ""} and not host.startswith("127."):
        with open(os.environ["WATCHED"], "a") as log:
            log.write(f"{event} {host} {sys.argv[:3]}\\n")

sys.addaudithook(_watch)
"""


@pytest.fixture(scope="module")
def small_pipeline(centrepiece: Centrepiece, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline whose model cannot pass: one epoch on a few images."""
    folder = tmp_path_factory.mktemp("small") / "world"
    centrepiece("demo", folder, "--images", 12, "--write-only")
    path = folder / "pipeline.yaml"
    settings = yaml.safe_load(path.read_text())
    settings["training"]["epochs"] = 1
    path.write_text(yaml.safe_dump(settings))
    return path


@pytest.fixture
def prefect_server(tmp_path: Path) -> Iterator[str]:
    """A real Prefect server on loopback; yields the URL of its API."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PREFECT_HOME": str(tmp_path / "server"), "DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    command = [str(Path(sys.executable).parent / "prefect"), "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with (tmp_path / "server.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log, env=environment) as server:
        url = f"http://127.0.0.1:{port}/api"
        try:
            wait_for(url + "/health", server)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for(url: str, server: subprocess.Popen[bytes], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.poll() is not None:
            pytest.fail(f"the server ended with {server.returncode}")
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    pytest.fail(f"no answer from {url} in {seconds} s")


def test_a_model_that_misses_its_gate_ends_the_run_with_3_and_still_gets_a_report(
    small_pipeline: Path, centrepiece: Centrepiece, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    watched = tmp_path / "connections.log"
    outcome = centrepiece("run", small_pipeline, "--json", expect=3, PYTHONPATH=str(tmp_path), WATCHED=str(watched))
    assert [report["stage"] for report in outcome.json][-3:] == ["score", "judge", "report"]
    assert "Traceback" not in outcome.err
    assert re.search(r"error: .*(FAIL|INCONCLUSIVE)", outcome.err)
    assert (small_pipeline.parent / "store" / "reports" / "report.html").exists()
    assert not watched.exists(), f"connections left the machine: {watched.read_text()}"
    assert Registry(open_lake(load_pipeline(small_pipeline)).database_url).champion() is None
    again = centrepiece("run", small_pipeline, "--json", expect=3)
    assert all(report["skipped"] for report in again.json)
    assert "temporary server" in outcome.err and "temporary server" not in again.err, "with nothing to do Prefect is not started"


def test_the_same_flow_reports_to_a_server(small_pipeline: Path, centrepiece: Centrepiece, prefect_server: str) -> None:
    centrepiece("run", small_pipeline, expect=3, PREFECT_API_URL=prefect_server)
    runs = httpx.post(f"{prefect_server}/flow_runs/filter", json={}).json()
    assert [run["state_type"] for run in runs] == ["FAILED"]
    tasks = httpx.post(f"{prefect_server}/task_runs/filter", json={}).json()
    state_of = {run["name"]: run["state_type"] for run in tasks}
    assert set(STAGES) <= set(state_of)
    assert state_of["promote"] == "FAILED"
    assert state_of["report"] == "COMPLETED"
    assert {run["run_count"] for run in tasks if run["name"] == "promote"} == {1}, "a refusal is not tried again"
    artifacts = httpx.post(f"{prefect_server}/artifacts/filter", json={}).json()
    assert {f"centrepiece-{name}" for name in STAGES if name != "promote"} <= {artifact["key"] for artifact in artifacts}
