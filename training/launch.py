"""Starts a training: in this process on one device, by torchrun on several."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from lake.errors import ModelError
from training.hardware import choose_hardware
from training.rank import read_result, write_run
from training.training_run import TrainingRun, Weights, train


def launch(run: TrainingRun) -> Weights:
    """Train on all devices that the settings and the machine give.

    Raises:
        ModelError: The ranks ended without a result; their log says why.
    """
    devices = choose_hardware(run.spec).devices
    return train(run) if devices == 1 else train_on_ranks(run, devices)


def train_on_ranks(run: TrainingRun, world_size: int) -> Weights:
    """Train in several processes of this machine; see `launch`."""
    with tempfile.TemporaryDirectory(prefix="centrepiece-fit-") as name:
        folder = Path(name)
        write_run(folder, run)
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={world_size}"]
        code = _run([*command, "-m", "training.rank", str(folder)])
        weights = read_result(folder)
    # torchrun ends with 0 after a SIGTERM too, so only the result tells
    if weights is None:
        raise ModelError(f"{world_size} ranks ended with exit code {code} and without weights; their log above says why")
    return weights


def _run(command: list[str]) -> int:
    # a session of its own: an interrupt reaches this process alone, which then ends every rank
    root = str(Path(__file__).resolve().parent.parent)
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(command, start_new_session=True, env={**os.environ, "PYTHONPATH": paths})
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
