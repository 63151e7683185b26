"""Starts a training: in this process on one device, by torchrun on several, which begin again when one of them dies."""

import logging
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from lake.errors import ModelError
from training.hardware import choose_hardware
from training.rank import read_refusal, read_result, write_run
from training.training_run import TrainingRun, Weights, train

TRIES = 3
"""Of ranks of which one dies: each goes on from the last checkpoint."""

RANK_MODULE = "training.rank"
"""What each process runs."""

_log = logging.getLogger(__name__)


def launch(run: TrainingRun) -> Weights:
    """Train on all devices that the settings and the machine give.

    Raises:
        ModelError: The ranks ended without a result; their log says why.
    """
    devices = choose_hardware(run.spec).devices
    return train(run) if devices == 1 else train_on_ranks(run, devices)


def train_on_ranks(run: TrainingRun, world_size: int) -> Weights:
    """Train in several processes of this machine; where one of them dies, all begin again from the last checkpoint.

    Args:
        run: What to read and how to train.
        world_size: How many processes.

    Raises:
        ModelError: A rank refused to go on, or the ranks were ended, or died again and again.
    """
    with tempfile.TemporaryDirectory(prefix="centrepiece-fit-") as name:
        folder = Path(name)
        write_run(folder, run)
        for left in reversed(range(TRIES)):
            code = _run(["--standalone", f"--nproc-per-node={world_size}", "-m", RANK_MODULE, str(folder)], folder)
            weights, refusal = read_result(folder), read_refusal(folder)
            # torchrun ends with 0 after a SIGTERM too, so only the result tells
            if weights is not None:
                return weights
            if refusal is not None or code == 0:
                break
            if left:
                _log.warning("a rank of %s died (exit code %s); all begin again from the last checkpoint", world_size, code)
    why = refusal or "their log above says why"
    raise ModelError(f"{world_size} ranks ended with exit code {code} and without weights; {why}")


def _run(arguments: list[str], folder: Path) -> int:
    # a session of its own: an interrupt reaches this process alone, which then ends torchrun, and with it every rank
    root = str(Path(__file__).resolve().parent.parent)
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "training.agent", str(os.getpid()), *arguments]
    # torchrun warns where it sets the number of threads itself, to the same, and leaves a folder of logs behind
    environment = {"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": paths, "TMPDIR": str(folder)}
    process = subprocess.Popen(command, start_new_session=True, env=environment)
    try:
        return process.wait()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
