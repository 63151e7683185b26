"""The same crops on a standalone cluster of two workers as in local mode, byte for byte."""

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest

from tests.support.crop_worlds import crop_pipeline, crop_world, publish_world

ROOT = Path(__file__).resolve().parents[4]
STAGE = """
import json, sys
from pathlib import Path
from tests.support.crop_worlds import crop_pipeline
from tests.support.stages import crop
print(json.dumps(crop(crop_pipeline(Path(sys.argv[1]), master=sys.argv[2])).as_json()))
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a master with two workers of one core each."""
    logs = tmp_path_factory.mktemp("cluster")
    program = Path(pyspark.__file__).parent / "bin" / "spark-class"
    settings = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: str) -> Path:
        log = logs / f"{name}.log"
        command = [str(program), f"org.apache.spark.deploy.{arguments[0]}", *arguments[1:]]
        with log.open("wb") as file:
            started.append(subprocess.Popen(command, env=settings, stdout=file, stderr=file, cwd=logs))
        return log

    try:
        log = start("master", "master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        url = waited(log, r"spark://127\.0\.0\.1:\d+")
        for name in ("one", "two"):
            folder = str(logs / f"work-{name}")
            workers = start(name, "worker.Worker", "--cores", "1", "--memory", "1g", "--webui-port", "0", "--work-dir", folder, url)
            waited(workers, "Successfully registered with master")
        yield url
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=30)


def waited(log: Path, pattern: str, timeout_s: float = 120) -> str:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if found := re.search(pattern, log.read_text(errors="replace")):
            return found.group()
        time.sleep(0.2)
    raise AssertionError(f"{pattern!r} did not appear in {log}: {log.read_text(errors='replace')[-2000:]}")


def cut(folder: Path, master: str) -> dict[str, str]:
    """Run the stage in a process of its own; returns the files' digests by name."""
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", STAGE, str(folder), master], env=settings, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    files = (folder / "store" / "tables" / "crops").rglob("*.parquet")
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.mark.slow
def test_a_standalone_cluster_of_two_workers_writes_the_same_bytes(cluster: str, tmp_path: Path) -> None:
    world = crop_world(tmp_path / "pictures", images=16, objects=10)
    digests = []
    for name, master in (("local", "local[1]"), ("cluster", cluster)):
        publish_world(crop_pipeline(tmp_path / name), world)
        digests.append(cut(tmp_path / name, master))
    assert len(digests[0]) > 2
    assert digests[0] == digests[1]
