"""Every kernel stays within its arrays, whatever it is given: all tests check bounds, and this one knows which kernels there are."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core import config

from imaging.bits import bits_at, set_bits, set_word, whole_bits_at
from imaging.kernels import kernel

ROOT = Path(__file__).resolve().parents[3]


@kernel
def item(data: Any, position: int) -> int:
    return int(data[position >> 3])


@kernel
def word(data: Any, position: int) -> int:
    return bits_at(data, position)


@kernel
def whole_word(data: Any, position: int) -> int:
    return whole_bits_at(data, position)


@kernel
def write_bits(data: Any, position: int) -> int:
    set_bits(data, position, np.uint64(1))
    return 0


@kernel
def write_word(data: Any, position: int) -> int:
    set_word(data, position >> 3, np.uint64(1))
    return 0


@pytest.mark.skipif(not config.BOUNDSCHECK, reason="NUMBA_BOUNDSCHECK=0 was asked for")
@pytest.mark.parametrize(("read", "touched"), [(item, 1), (word, 8), (whole_word, 9), (write_bits, 8), (write_word, 8)])
def test_what_lies_beyond_an_array_is_not_touched(read: Callable[..., int], touched: int) -> None:
    data = np.zeros(20, np.uint8)
    read(data[:touched], 0)
    for place in (8 * (21 - touched), 8 * 400, -800):
        with pytest.raises(IndexError):
            read(data, place)


def test_every_kernel_has_a_case_and_stays_within_its_arrays(tmp_path: Path) -> None:
    settings = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "PYTHONPATH": str(ROOT)}
    settings.pop("CENTREPIECE_DATA", None)
    command = [sys.executable, "-m", "tests.support.kernel_cases", str(tmp_path)]
    done = subprocess.run(command, env=settings, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["kernels"] > 60
    assert not found["missed"], "add them to a case of tests/support/kernel_cases.py"
