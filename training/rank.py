"""What each process runs when several train together; the run and its weights pass through a folder.

`python -m torch.distributed.run --nproc-per-node 2 -m training.rank FOLDER`
"""

import json
import logging
import os
import sys
from pathlib import Path

import safetensors.torch

from lake.configuration import TrainingSpec
from lake.errors import CentrepieceError
from lake.publishing.processes import die_with
from lake.storage.store import open_store
from training.training_run import TrainingRun, Weights, train

RUN_FILE, RESULT_FILE, REFUSAL_FILE = "run.json", "weights.safetensors", "refusal.txt"


def write_run(folder: Path, run: TrainingRun) -> None:
    """Write a training run for the ranks to read."""
    document = {
        "store": run.store.root,
        "paths": run.paths,
        "spec": run.spec.model_dump(mode="json"),
        "checkpoint": run.checkpoint,
        "checkpoint_steps": run.checkpoint_steps,
    }
    (folder / RUN_FILE).write_text(json.dumps(document), encoding="utf-8")


def read_run(folder: Path) -> TrainingRun:
    """Read the training run that `write_run` wrote."""
    document = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    spec = TrainingSpec.model_validate(document["spec"])
    paths = tuple(document["paths"])
    return TrainingRun(open_store(document["store"]), paths, spec, document["checkpoint"], document["checkpoint_steps"])


def read_result(folder: Path) -> Weights | None:
    """Return the weights that rank 0 has written; None where it has not."""
    path = folder / RESULT_FILE
    return safetensors.torch.load_file(path) if path.exists() else None


def read_refusal(folder: Path) -> str | None:
    """Return what a rank raised on purpose; None where none did."""
    path = folder / REFUSAL_FILE
    return path.read_text(encoding="utf-8") if path.exists() else None


def run_rank(folder: Path) -> None:
    """Train as the rank that the environment of torchrun says; rank 0 writes the weights, and one that refuses says why."""
    rank, world_size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    try:
        weights = train(read_run(folder), rank=rank, world_size=world_size)
    except CentrepieceError as error:
        (folder / REFUSAL_FILE).write_text(str(error), encoding="utf-8")
        raise
    if rank == 0:
        unfinished = folder / f"{RESULT_FILE}.unfinished"
        safetensors.torch.save_file({name: value.contiguous() for name, value in weights.items()}, unfinished)
        unfinished.replace(folder / RESULT_FILE)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    die_with(os.getppid())
    run_rank(Path(sys.argv[1]))
