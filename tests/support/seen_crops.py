"""Trains as one rank and writes down what it saw and ended with: torchrun runs it for `test_ranks.py`."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training import loader
from training.augmentation import Change
from training.rank import read_run
from training.samples import Sample, read_sample
from training.training_run import train
from training.weights import pack_model


def main(folder: Path) -> None:
    """Train as one rank and write down its crops, in no order, and the digest of what it learnt."""
    rank, world_size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    seen: list[str] = []

    def noted(row: Mapping[str, Any], canvas: int, change: Change | None) -> Sample:
        seen.append(row["crop_id"])
        return read_sample(row, canvas, change)

    loader.read_sample = noted  # type: ignore[attr-defined]
    run = read_run(folder)
    weights = train(run, rank=rank, world_size=world_size)
    learnt = {name: value for name, value in weights.items() if "running_" not in name}
    packed = pack_model(learnt, network=run.spec.network, canvas=run.spec.canvas)
    (folder / f"rank-{rank}.json").write_text(json.dumps({"seen": seen, "learnt": packed.weights_sha256}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
