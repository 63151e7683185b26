"""Compiled code is made once for several processes that start together."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys, time
from pathlib import Path
from imaging.kernels import compiling_alone, kernel

@kernel
def total(values):
    found = 0
    for value in values:
        found += value
    return found

me, other = map(Path, sys.argv[1:])
me.touch()
while not other.exists():
    time.sleep(0.001)
with compiling_alone():
    assert total((1, 2, 3)) == 6
print(sum(total.compiled.stats.cache_misses.values()))
"""


def test_of_two_processes_one_compiles_and_the_other_loads(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path / "code"), "TMPDIR": str(tmp_path)}
    ready = [str(tmp_path / name) for name in ("one", "two")]
    commands = [[sys.executable, str(program), *order] for order in (ready, ready[::-1])]
    started = [subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True) for command in commands]
    compiled = [int(process.communicate(timeout=120)[0]) for process in started]
    assert sorted(compiled) == [0, 1]
