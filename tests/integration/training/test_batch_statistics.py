"""What the network learnt from batches of mixed sizes holds for every size when it predicts with its running statistics."""

import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lake.configuration import TrainingSpec
from lake.lake import open_lake
from tests.support.factories import crop_rows, tiny_shots
from tests.support.training_lakes import TRAINING, publish_crops, training_pipeline
from training.module import normalised_pixels
from training.samples import SAMPLE_COLUMNS, Sample, read_sample
from training.training_run import TrainingRun, train
from training.u2net import U2Net, build_network

CANVAS = 48
SPEC = TrainingSpec.model_validate({**TRAINING, "canvas": CANVAS, "epochs": 10, "pixels_per_batch": 12 * CANVAS**2, "learning_rate": 3e-3})


def test_evaluation_mode_is_within_two_points_of_training_mode_in_every_size(tmp_path: Path) -> None:
    pipeline = training_pipeline(tmp_path).model_copy(update={"store": str(tmp_path / "bigger")})
    shots = tiny_shots(images=6, long_side=360)
    crops = crop_rows(shots)
    everything = crops.set_column(crops.schema.get_field_index("split"), crops.schema.field("split"), [["train"] * crops.num_rows])
    publish_crops(pipeline, everything)
    lake = open_lake(pipeline)
    run = TrainingRun(lake.store, tuple(file.path for file in lake.files("crops")), SPEC, "checkpoints/statistics/last.ckpt")
    overlaps = _overlaps(train(run), [read_sample(row, CANVAS, None) for row in crops.select(SAMPLE_COLUMNS).to_pylist()])
    sides = np.maximum(crops["window_width"].to_numpy(), crops["window_height"].to_numpy())
    for low, high in itertools.pairwise(np.quantile(sides, (0, 1 / 3, 2 / 3, 1))):
        chosen = (sides >= low) & (sides <= high)
        training, evaluation = (float(overlaps[mode][chosen].mean()) for mode in (True, False))
        assert training > 0.4, f"nothing was learnt at {low:.0f} to {high:.0f} px"
        assert abs(training - evaluation) < 0.02, (
            f"{low:.0f} to {high:.0f} px: {training:.3f} in training mode, {evaluation:.3f} in evaluation mode"
        )


def _overlaps(weights: Mapping[str, Tensor], samples: list[Sample]) -> dict[bool, np.ndarray]:
    network = build_network("nano")
    shuffled = np.random.default_rng(0).permutation(len(samples))
    overlaps = {}
    for mode in (True, False):
        network.load_state_dict(weights)
        network.train(mode)
        overlaps[mode] = np.empty(len(samples))
        for batch in np.array_split(shuffled, len(samples) // 24):
            overlaps[mode][batch] = _overlap(network, [samples[index] for index in batch])
    return overlaps


def _overlap(network: U2Net, samples: list[Sample]) -> np.ndarray:
    pixels, soft_mask, valid = (np.stack([getattr(sample, name) for sample in samples]) for name in ("pixels", "soft_mask", "valid"))
    with torch.no_grad():
        predicted = network(normalised_pixels(torch.from_numpy(pixels)))[:, 0].numpy() > 0
    truth = soft_mask >= 128
    shared, united = (predicted & truth & valid).sum(axis=(1, 2)), ((predicted | truth) & valid).sum(axis=(1, 2))
    return np.asarray(shared / np.maximum(united, 1))
