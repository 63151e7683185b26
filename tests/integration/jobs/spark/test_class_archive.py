"""A JVM writes its archive when its process ends, and the next one is started with it."""

import os
import subprocess
import sys
from pathlib import Path

ARGUMENTS = """
from pathlib import Path
from jobs.spark.session import spark_session
from tests.support.training_lakes import training_pipeline
import sys

session = spark_session(training_pipeline(Path(sys.argv[1])))
print(list(session.sparkContext._jvm.java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments()))
"""


def jvm_arguments(tmp_path: Path) -> str:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", ARGUMENTS, str(tmp_path)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True).stdout


def test_the_second_jvm_starts_from_what_the_first_one_kept(tmp_path: Path) -> None:
    first = jvm_arguments(tmp_path)
    (archive,) = (tmp_path / "cache" / "centrepiece").iterdir()
    second = jvm_arguments(tmp_path)
    assert archive.suffix == ".jsa" and archive.stat().st_size > 1 << 20
    assert f"-XX:ArchiveClassesAtExit={archive}." in first
    assert f"-XX:SharedArchiveFile={archive}" in second and "AtExit" not in second
