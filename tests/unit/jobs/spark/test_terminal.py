"""Noise of a starting JVM stays off the terminal; errors do not."""

import os
import subprocess
import sys
import threading

import pytest

from jobs.spark.terminal import _pass_on

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


FAREWELL = """Traceback (most recent call last):
  File "/x/pyspark.zip/pyspark/daemon.py", line 264, in manager
  File "/x/pyspark.zip/pyspark/daemon.py", line 95, in worker
BrokenPipeError: [Errno 32] Broken pipe
"""
CRASH = FAREWELL.replace("daemon.py", "worker.py")
_HEAD, _MANAGER, _WORKER, _END = FAREWELL.splitlines(keepends=True)
MIXED = _HEAD + _MANAGER + _WORKER + _HEAD + _MANAGER + _END + _WORKER + _END
OTHER = FAREWELL.replace("BrokenPipeError: [Errno 32] Broken pipe", "ValueError: no")


@pytest.mark.parametrize("cut", [1, 40, 150, 1000])
def test_the_farewell_of_an_idle_worker_is_dropped_and_every_other_trace_is_passed_on(cut: int) -> None:
    said = f"before\n{FAREWELL}between\n{CRASH}{OTHER}{FAREWELL}{MIXED}{FAREWELL}after\n"
    reading, writing = os.pipe()
    real, told = os.pipe()
    thread = threading.Thread(target=_pass_on, args=(reading, told))
    thread.start()
    for begin in range(0, len(said), cut):
        os.write(writing, said[begin : begin + cut].encode())
    os.close(writing)
    thread.join()
    with os.fdopen(real) as passed:
        assert passed.read() == f"before\nbetween\n{CRASH}{OTHER}after\n"
