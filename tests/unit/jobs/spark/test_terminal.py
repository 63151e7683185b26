"""Noise of a starting JVM stays off the terminal; errors do not."""

import subprocess
import sys

SCRIPT = r"""
import os, subprocess, sys, time
from jobs.spark.terminal import without_noise
said = "Setting default log level to WARN\nreal error\nWARNING: Using incubator modules: x\nlast"
with without_noise():
    child = subprocess.Popen([sys.executable, "-c", f"import os; os.write(2, {said.encode()!r})"])
os.write(2, b"ours\n")
child.wait()
time.sleep(0.3)
"""


def test_a_child_s_noise_is_dropped_and_its_errors_are_passed_on() -> None:
    told = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True, timeout=60).stderr
    assert sorted(told.splitlines()) == [b"last", b"ours", b"real error"]
